"""When outcomes say that a model is worse, and in which way: base rate, calibration or ranking."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from monitoring.judging import performance
from monitoring.judging.performance import Labelled

Floats = np.ndarray
World = Callable[[Floats, Floats], Floats]
"""From the log-odds that the model gives, and noise, to those that are true."""


def sigmoid(odds: Floats) -> Floats:
    return 1 / (1 + np.exp(-odds))


def cohort(world: World, rows: int, seed: int, *, mean: float = -2.6, accepted_only: bool = False) -> Labelled:
    random = np.random.default_rng(seed)
    odds = random.normal(mean, 1, rows)
    defaulted = random.random(rows) < sigmoid(world(odds, random.normal(size=rows)))
    probability = sigmoid(odds)
    refused = probability >= 0.15
    # One in four of the refused is explored.
    known = ~refused | (random.random(rows) < 0.25)
    weight = np.where(refused, 4.0, 1.0)
    return Labelled(probability, defaulted, refused, weight).take(known & ~refused if accepted_only else known)


def same(odds: Floats, _: Floats) -> Floats:
    return odds


def riskier(odds: Floats, _: Floats) -> Floats:
    return odds + 0.7


def steeper(odds: Floats, _: Floats) -> Floats:
    return 1.6 * odds + 1.2


def noisier(odds: Floats, noise: Floats) -> Floats:
    return 0.3 * odds - 1.7 + 0.9 * noise


def flags(world: World, rows: int = 6000, seed: int = 1, **options: object) -> tuple[bool, bool, bool]:
    """Log loss, ranking, calibration."""
    now, then = cohort(world, rows, seed, **options), cohort(same, 4000, 0, **{**options, "mean": -2.6})
    return (
        performance.log_loss_worse(now, then),
        performance.ranking_worse(now, then),
        performance.calibration_worse(now, then),
    )


@pytest.mark.parametrize("accepted_only", [True, False])
@pytest.mark.parametrize(
    ("world", "expected"),
    [
        (same, (False, False, False)),
        (riskier, (False, False, True)),
        (steeper, (False, False, True)),
        (noisier, (True, True, True)),
    ],
)
def test_each_world_is_recognised(world: World, expected: tuple[bool, ...], accepted_only: bool) -> None:
    assert flags(world, 12_000, accepted_only=accepted_only) == expected


def test_a_moved_default_rate_raises_the_raw_log_loss() -> None:
    now, then = cohort(riskier, 6000, 1), cohort(same, 4000, 0)
    assert performance.log_loss(now).value > 1.3 * performance.log_loss(then).value
    assert performance.recalibrated_log_loss(now).value > 1.2 * performance.log_loss(then).value
    assert not performance.log_loss_worse(now, then)


def test_lost_knowledge_shows_at_another_default_rate() -> None:
    def noisier_and_riskier(odds: Floats, noise: Floats) -> Floats:
        return noisier(odds, noise) + 1.5

    now, then = cohort(noisier_and_riskier, 4000, 1), cohort(same, 4000, 0)
    assert performance.log_loss_worse(now, then)


def test_riskier_applicants_are_not_a_worse_model() -> None:
    assert flags(same, mean=-2.0) == (False, False, False)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_chance_alone_is_seldom_worse(which: int) -> None:
    alarms = sum(
        (performance.log_loss_worse, performance.ranking_worse, performance.calibration_worse)[which](
            cohort(same, 1500, 2 * seed + 1), cohort(same, 1500, 2 * seed)
        )
        for seed in range(200)
    )
    assert alarms <= 7  # of 200 at 1 %: 8 or more have a chance of 1 in 1,000


def test_a_fault_known_at_the_start_is_no_news() -> None:
    def off(odds: Floats, _: Floats) -> Floats:
        return odds - 0.4

    now, then = cohort(off, 4000, 1), cohort(off, 4000, 0)
    assert performance.observed_expected(now).interval().high < 1
    assert not performance.calibration_worse(now, then)


def test_a_sure_fault_that_is_small_is_let_be() -> None:
    def nearly(odds: Floats, _: Floats) -> Floats:
        return odds + 0.08

    now, then = cohort(nearly, 200_000, 1), cohort(same, 200_000, 0)
    assert performance.observed_expected(now).interval().low > 1
    assert not performance.calibration_worse(now, then)


@pytest.mark.parametrize("of_cohort", [True, False])
def test_too_few_defaults_are_not_judged(of_cohort: bool) -> None:
    few, many = cohort(noisier, 250, 1), cohort(same, 4000, 0)
    few = few.take(~few.defaulted | (np.cumsum(few.defaulted) < performance.FEWEST))
    now, then = (few, many) if of_cohort else (many, few)
    assert not performance.log_loss_worse(now, then)
    assert not performance.ranking_worse(now, then)
    assert not performance.calibration_worse(now, then)


def test_a_constant_is_never_worse_at_ranking() -> None:
    def constant(rows: Labelled) -> Labelled:
        return Labelled(np.full(len(rows.weight), 0.08), rows.defaulted, rows.refused, rows.weight)

    now, then = constant(cohort(riskier, 4000, 1)), constant(cohort(same, 4000, 0))
    assert not performance.log_loss_worse(now, then)
    assert not performance.ranking_worse(now, then)
    assert performance.calibration_worse(now, then)
