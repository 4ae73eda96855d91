"""What goes with what: columns with each other, and everything with default."""

from __future__ import annotations

import numpy as np
import pytest

from training.synthetic.calibrate import auc, numbers, spearman
from training.synthetic.columns import Floats, Table, floats
from training.synthetic.copula import HISTORY
from training.synthetic.lender import published
from training.synthetic.profile import profile
from training.synthetic.risk import Binned, binned, log_odds
from training.synthetic.tolerances import (
    AGGREGATE_AUC,
    BEST_AUC,
    CELL_RATE,
    COLUMN_AUC,
    DEFAULT_RATE,
    HISTORY_SPEARMAN,
    SPEARMAN,
)

PROTECTED = ("CODE_GENDER", "NAME_FAMILY_STATUS", "DAYS_BIRTH")


def _distance(values: Floats, target: Floats, published: float) -> float:
    """How far a column's AUC is from the published one, less two standard errors (Hanley and McNeil, at one half)."""
    there = ~np.isnan(values)
    error = np.sqrt(1.0 / (12.0 * target[there].sum()))
    return round(abs(auc(values[there], target[there]) - published) - 2.0 * error, 3)


def test_default_is_as_frequent_as_published(application: Table) -> None:
    assert floats(application, "TARGET").mean() == pytest.approx(profile()["default_rate"], abs=DEFAULT_RATE)


def test_columns_correlate_as_published(application: Table) -> None:
    wanted = profile()["spearman"]
    names, matrix = wanted["columns"], np.array(wanted["matrix"])
    shown = {name: numbers(application, name) for name in names}
    wrong = {
        (a, b): round(error, 3)
        for i, a in enumerate(names)
        for j, b in enumerate(names[:i])
        if (error := abs(spearman(shown[a], shown[b]) - matrix[i, j])) > SPEARMAN
    }
    assert wrong == {}


def test_history_correlates_with_application(application: Table, past: dict[str, Floats]) -> None:
    for aggregate in HISTORY.values():
        for column, wanted in profile()["aggregates"][aggregate]["spearman"].items():
            shown = spearman(past[aggregate], numbers(application, column))
            assert shown == pytest.approx(wanted, abs=HISTORY_SPEARMAN), (aggregate, column)


def test_columns_tell_default_as_published(application: Table) -> None:
    target = floats(application, "TARGET")
    errors = {
        name: _distance(numbers(application, name), target, row["auc"])
        for name, row in profile()["relation"].items()
        if row["auc"] is not None
    }
    assert {name: error for name, error in errors.items() if error > COLUMN_AUC} == {}


def test_aggregates_tell_default_as_published(application: Table, past: dict[str, Floats]) -> None:
    target = floats(application, "TARGET")
    errors = {name: _distance(past[name], target, row["auc"]) for name, row in profile()["aggregates"].items()}
    assert {name: error for name, error in errors.items() if error > AGGREGATE_AUC} == {}


def _deviations(column: Binned, application: Table) -> Floats:
    """Differences of default rates, in standard errors of both sides together."""
    place, target = column.cell(application[column.name]), floats(application, "TARGET")
    clients = np.bincount(place, minlength=column.cells)
    shown = np.bincount(place, weights=target, minlength=column.cells) / np.maximum(clients, 1)
    mean = profile()["default_rate"]
    enough = np.minimum(clients, column.counts) >= 100
    error = np.sqrt(mean * (1 - mean) * (1 / np.maximum(clients, 1) + 1 / np.maximum(column.counts, 1)))
    return np.where(enough, np.abs(shown - column.rates) / error, 0.0)


@pytest.mark.parametrize("column", binned(), ids=lambda column: column.name)
def test_each_bin_defaults_as_published(application: Table, column: Binned) -> None:
    assert _deviations(column, application).max() <= CELL_RATE


@pytest.mark.parametrize("name", PROTECTED)
def test_protected_groups_keep_their_rates(application: Table, name: str) -> None:
    column = next(column for column in binned() if column.name == name)
    deviations = _deviations(column, application)
    assert np.sqrt(np.mean(deviations[column.counts >= 100] ** 2)) < 2.5


def test_no_model_can_be_implausibly_good(application: Table, past: dict[str, Floats]) -> None:
    odds = log_odds(published().effects, published().ranks, application, past)
    low, high = BEST_AUC
    assert low < auc(odds, floats(application, "TARGET")) < high
