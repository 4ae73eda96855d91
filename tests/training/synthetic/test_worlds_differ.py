"""What each world changes, and what it leaves as published."""

from __future__ import annotations

import numpy as np
import pytest

from training.synthetic import worlds
from training.synthetic.aggregates import aggregates
from training.synthetic.calibrate import auc
from training.synthetic.columns import Floats, Table, floats
from training.synthetic.lender import Lender, clients
from training.synthetic.risk import log_odds

CLIENTS = 12_000


def drawn(world: Lender) -> tuple[Table, dict[str, Floats]]:
    tables = clients(np.random.default_rng(7), world, np.zeros(CLIENTS, dtype=bool))
    return tables["application"], aggregates(tables, CLIENTS)


@pytest.fixture(scope="module")
def usual() -> tuple[Table, dict[str, Floats]]:
    return drawn(worlds.published())


@pytest.fixture(scope="module")
def others() -> tuple[Table, dict[str, Floats]]:
    return drawn(worlds.population())


def risk(world: Lender, people: tuple[Table, dict[str, Floats]]) -> Floats:
    return log_odds(world.effects, world.ranks, *people)


@pytest.mark.parametrize(("column", "sign"), [("DAYS_BIRTH", 1), ("AMT_CREDIT", 1), ("FLAG_DOCUMENT_3", -1)])
def test_population_moves(usual, others, column: str, sign: int) -> None:
    before, after = floats(usual[0], column), floats(others[0], column)
    assert sign * (after.mean() - before.mean()) > 0.3 * before.std()


@pytest.mark.parametrize("column", ["EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3", "AMT_REQ_CREDIT_BUREAU_YEAR"])
def test_population_is_less_documented(usual, others, column: str) -> None:
    before, after = (np.isnan(floats(people[0], column)).mean() for people in (usual, others))
    assert after > before + 0.1


def test_population_keeps_the_relation() -> None:
    assert worlds.population().effects is worlds.published().effects


def test_calibration_moves_every_odds_alike(usual) -> None:
    difference = risk(worlds.calibration(), usual) - risk(worlds.published(), usual)
    assert difference == pytest.approx(np.log(1.8))
    assert floats(drawn(worlds.calibration())[0], "EXT_SOURCE_2") == pytest.approx(
        floats(usual[0], "EXT_SOURCE_2"), nan_ok=True
    )


def test_changed_world_ranks_otherwise(others) -> None:
    then, now = risk(worlds.published(), others), risk(worlds.changed(), others)
    probability = 1 / (1 + np.exp(-now))
    assert auc(now, probability) > 0.78  # there is something to learn
    assert auc(then, probability) < 0.62  # and nobody knows it yet
    assert 0.07 < probability.mean() < 0.13


def test_changed_world_asks_about_enquiries(others) -> None:
    enquiries, odds = floats(others[0], "AMT_REQ_CREDIT_BUREAU_YEAR"), risk(worlds.changed(), others)
    many = enquiries >= 2
    assert odds[many].mean() - odds[~many].mean() == pytest.approx(2.5, abs=0.3)
