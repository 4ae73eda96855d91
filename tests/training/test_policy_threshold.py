from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.bundle import Costs
from training.measures.policy import OutcomeError, cost, cost_curve, threshold

COSTS = Costs()


def lender(seed: int, rows: int):
    random = np.random.default_rng(seed)
    probability = 1 / (1 + np.exp(-random.normal(-2.9, 1.0, rows)))
    return probability, random.random(rows) < probability


@pytest.mark.parametrize(
    ("outcome", "refused", "expected"),
    [
        ([1, 0], [False, False], 5.0),
        ([1, 0], [True, True], 0.5),
        ([1, 0], [True, False], 0.0),
        ([1, 0], [False, True], 5.5),
    ],
)
def test_cost_counts_both_errors(outcome, refused, expected: float):
    assert cost(outcome, refused, COSTS) == expected


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=60))
def test_curve_is_cost_of_refusing(rows):
    probability = np.array([p / 20 for p, _ in rows])
    outcome = np.array([y for _, y in rows])
    curve = cost_curve(probability, outcome, Costs(7, 2))
    inner = slice(1, -1)
    for cut, paid in zip(curve.cut[inner], curve.cost[inner], strict=True):
        assert paid == pytest.approx(cost(outcome, probability >= cut, Costs(7, 2)))
    assert curve.cost[0] == pytest.approx(cost(outcome, np.ones_like(outcome), Costs(7, 2)))
    assert curve.cost[-1] == pytest.approx(cost(outcome, np.zeros_like(outcome), Costs(7, 2)))


def test_curve_keeps_to_its_cuts():
    probability, outcome = lender(0, 5000)
    curve = cost_curve(probability, outcome, COSTS, max_cuts=100)
    assert curve.cut.size == 101
    assert np.all(np.diff(curve.cut) > 0)


def test_exact_probabilities_find_theory():
    found = threshold(*lender(1, 50_000), COSTS)
    assert found.theoretical == pytest.approx(1 / 11)
    assert found.value == pytest.approx(1 / 11, rel=0.15)
    assert found.low <= found.theoretical <= found.high


@pytest.mark.parametrize("costs", [Costs(3, 1), Costs(10, 1), Costs(30, 1), Costs(10, 2)])
def test_threshold_follows_costs(costs: Costs):
    found = threshold(*lender(2, 20_000), costs)
    assert found.value == pytest.approx(costs.threshold, rel=0.35)


def test_bagging_beats_lowest_point():
    future = lender(99, 200_000)

    def regret(value: float) -> float:
        return cost(future[1], future[0] >= value, COSTS) - cost(future[1], future[0] >= 1 / 11, COSTS)

    bagged, lowest = [], []
    for seed in range(40):
        sample = lender(seed, 1000)
        curve = cost_curve(*sample, COSTS)
        bagged.append(regret(threshold(*sample, COSTS, resamples=100).value))
        lowest.append(regret(curve.cut[curve.cost.argmin()]))
    assert np.mean(bagged) < 0.8 * np.mean(lowest)


def test_equally_cheap_cuts_meet_halfway():
    # Turned around, with the classes swapped, these are the same applicants: so is the threshold.
    found = threshold([0.3, 0.6, 0.4, 0.7], [0, 0, 1, 1], Costs(1, 1))
    assert found.value == pytest.approx(0.5, abs=0.02)


def test_same_seed_same_threshold():
    sample = lender(3, 800)
    assert threshold(*sample, COSTS, seed=4) == threshold(*sample, COSTS, seed=4)
    assert threshold(*sample, COSTS, seed=4) != threshold(*sample, COSTS, seed=5)


def test_order_of_rows_is_immaterial():
    probability, outcome = lender(5, 800)
    shuffled = np.random.default_rng(0).permutation(800)
    assert threshold(probability, outcome, COSTS) == threshold(probability[shuffled], outcome[shuffled], COSTS)


@pytest.mark.parametrize(("rate", "refused"), [(0.02, False), (0.5, True)])
def test_constant_probability_decides_for_all(rate: float, refused: bool):
    outcome = np.arange(100) < 100 * rate
    found = threshold(np.full(100, rate), outcome, COSTS)
    assert found.low <= found.value <= found.high
    assert (rate >= found.value) == refused


def test_perfect_probabilities_cost_nothing():
    outcome = np.arange(100) < 8
    probability = np.where(outcome, 1.0, 0.0)
    assert cost(outcome, probability >= threshold(probability, outcome, COSTS).value, COSTS) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.1, 1.2], [0, 1], COSTS), r"probabilities in \[0, 1\]; got 0.1 to 1.2"),
        (([0.1, 0.2], [1, 1], COSTS), "outcomes of both kinds; got 2 defaults among 2"),
        (([0.1, 0.2], [0, 1], Costs(fn=0.0)), "costs above 0; got 0.0 for a default, 1.0 for a refused good client"),
    ],
)
def test_bad_input_is_named(arguments, message: str):
    with pytest.raises(OutcomeError, match=message):
        threshold(*arguments)
