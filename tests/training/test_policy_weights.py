"""A row that stands for several counts as if it were there as often."""

from __future__ import annotations

import numpy as np
import pytest

from training.bundle import Costs, Feature
from training.bundle.groups import Members
from training.candidates import FAMILIES, Examples, Family
from training.measures import evaluation, policy
from training.measures.evaluation import JudgedRows
from training.measures.groups import by_group
from training.measures.policy import OutcomeError

FEATURES = tuple(Feature(name=f"f{i}", made_from=(f"f{i}",), reason="income") for i in range(3))


def lender(rows: int = 600):
    random = np.random.default_rng(2)
    margin = random.normal(-1, 1, rows)
    outcome = random.random(rows) < policy.calibrate(margin, policy.Calibration(slope=1.0, intercept=0.0))
    return margin, outcome, random.integers(1, 4, rows)


MARGIN, OUTCOME, WEIGHT = lender()
PROBABILITY = np.round(1 / (1 + np.exp(-MARGIN)), 2)
REPEATED = (np.repeat(PROBABILITY, WEIGHT), np.repeat(OUTCOME, WEIGHT))
JUDGED = JudgedRows.of(OUTCOME, PROBABILITY, WEIGHT)
JUDGED_REPEATED = JudgedRows.of(*REPEATED[::-1])
COSTS = Costs()


def test_platt_counts_weights() -> None:
    weighted, repeated = policy.platt(MARGIN, OUTCOME, WEIGHT), policy.platt(np.repeat(MARGIN, WEIGHT), REPEATED[1])
    assert (weighted.slope, weighted.intercept) == pytest.approx((repeated.slope, repeated.intercept), abs=1e-8)


def test_cost_curve_counts_weights() -> None:
    weighted, repeated = (
        policy.cost_curve(PROBABILITY, OUTCOME, COSTS, weight=WEIGHT),
        policy.cost_curve(*REPEATED, COSTS),
    )
    assert weighted.cut == pytest.approx(repeated.cut)
    assert weighted.cost == pytest.approx(repeated.cost)


def test_threshold_follows_heavy_defaults() -> None:
    heavy = policy.threshold(PROBABILITY, OUTCOME, COSTS, weight=np.where(OUTCOME, 3.0, 1.0))
    assert heavy.value < policy.threshold(PROBABILITY, OUTCOME, COSTS).value


def test_threshold_ignores_the_unit_of_weights() -> None:
    found = policy.threshold(PROBABILITY, OUTCOME, COSTS, weight=np.full(600, 2.0))
    assert found.value == pytest.approx(policy.threshold(PROBABILITY, OUTCOME, COSTS).value)


def test_few_weights_widen_no_draw() -> None:
    """A resample draws rows, not what they stand for."""
    light = policy.threshold(PROBABILITY, OUTCOME, COSTS, weight=np.full(600, 1.0))
    heavy = policy.threshold(PROBABILITY, OUTCOME, COSTS, weight=np.full(600, 50.0))
    assert (heavy.low, heavy.high) == pytest.approx((light.low, light.high))


def test_metrics_count_weights() -> None:
    weighted = evaluation.evaluate(JUDGED, 0.3, COSTS, resamples=1)
    repeated = evaluation.evaluate(JUDGED_REPEATED, 0.3, COSTS, resamples=1)
    for name in set(weighted) - {evaluation.ECE}:  # its bins hold equal numbers of rows
        assert weighted[name].value == pytest.approx(repeated[name].value), name


def test_confusion_counts_weights() -> None:
    weighted = evaluation.confusion(JUDGED, 0.3)
    assert weighted == evaluation.confusion(JUDGED_REPEATED, 0.3)


def test_groups_count_weights() -> None:
    high = (MARGIN > -1).astype(np.intp)
    groups, repeated = (Members("F", ("low", "high"), part, ()) for part in (high, np.repeat(high, WEIGHT)))
    (weighted, _) = by_group(JUDGED, [groups], 0.3, COSTS, resamples=1)["F"]
    (expected, _) = by_group(JUDGED_REPEATED, [repeated], 0.3, COSTS, resamples=1)["F"]
    assert weighted.approval_ratio == pytest.approx(expected.approval_ratio)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_families_learn_from_weights(family: Family) -> None:
    matrix = np.random.default_rng(1).normal(size=(600, 3)).astype(np.float32)
    parameters = {**family.defaults, "trees": 20}
    plain = family.fit(Examples.plain(FEATURES, matrix, OUTCOME), parameters, 0).margins(matrix).mean()
    heavy = Examples(FEATURES, matrix, OUTCOME, np.where(OUTCOME, 3.0, 1.0))
    assert family.fit(heavy, parameters, 0).margins(matrix).mean() == pytest.approx(plain + np.log(3), abs=0.3)


@pytest.mark.parametrize(
    ("weight", "message"),
    [([1.0], "expected 2 weights"), ([1, 0], "above 0; got 0"), ([1, np.nan], "above 0; got nan")],
)
def test_strange_weights_are_refused(weight: list[float], message: str) -> None:
    with pytest.raises(OutcomeError, match=message):
        policy.cost_curve([0.1, 0.2], [0, 1], COSTS, weight=weight)
