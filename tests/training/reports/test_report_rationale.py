from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from training.bundle.manifest import Interval
from training.reports import rationale


def priced(results, cost: float):
    """The run with that cost for logistic regression, the runner-up of lightgbm at 0.56 ± 0.02."""
    interval = Interval(value=cost, low=cost - 0.01, high=cost + 0.01)
    candidates = tuple(replace(one, cost=interval) if one.family == "logistic" else one for one in results.candidates)
    return replace(results, candidates=candidates)


@pytest.mark.parametrize(
    ("cost", "doubt"), [(0.6, "(+7.1%): the intervals are apart"), (0.57, "the intervals overlap, so another sample")]
)
def test_model_says_how_sure(results, cost: float, doubt: str):
    told = rationale.model(priced(results, cost))
    assert told.startswith("The candidate lightgbm costs 0.560 [0.540, 0.580] per applicant")
    assert doubt in told


@pytest.mark.parametrize(
    ("low", "high", "agreement"), [(0.08, 0.1, "lies inside the interval"), (0.1, 0.12, "lies outside of the interval")]
)
def test_threshold_beside_theory(results, low: float, high: float, agreement: str):
    policy = msgspec.structs.replace(results.policy, threshold=0.1, threshold_low=low, threshold_high=high)
    told = rationale.threshold(replace(results, policy=policy))
    assert f"The theoretical threshold, 0.0909, {agreement}" in told


def test_treatment_tells_comparison(results):
    told = rationale.treatment(results)
    assert "The cheapest treatment, SMOTE" in told
    assert "undersampling, as it comes, has an expected calibration error of 0.330" in told


@pytest.mark.parametrize(
    ("cost", "sentence"),
    [(0.51, "within the interval"), (0.3, "deserves a closer look"), (0.9, "every treatment costs more")],
)
def test_treatment_follows_figures(results, cost: float, sentence: str):
    def paid(one):
        value = 0.5 if one.treatment == "none" else cost
        return replace(one, cost=Interval(value=value, low=value - 0.05, high=value + 0.05))

    told = rationale.treatment(replace(results, imbalance=tuple(paid(one) for one in results.imbalance)))
    assert sentence in told


def test_treatment_without_comparison(results):
    assert rationale.treatment(replace(results, imbalance=())).endswith("did not compare other treatments.")


def test_accuracy_stands_beside_approving_all(results):
    told = rationale.accuracy(results)
    everybody = 1 - results.hold_out.outcome.mean()
    assert f"against {everybody:.3f} for approving everybody" in told
    assert f"approving everybody would cost {10 * (1 - everybody):.3f}" in told
