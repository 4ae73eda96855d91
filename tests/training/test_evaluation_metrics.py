from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from training.bundle import Costs
from training.measures import evaluation, policy
from training.measures.evaluation import JudgedRows

COSTS = Costs()

judged = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=2, max_size=80).filter(
    lambda rows: len({y for _, y in rows}) == 2
)
"""Outcomes of both kinds and probabilities with many ties, 0 and 1 among them."""


def arrays(rows):
    return np.array([y for _, y in rows]), np.array([p / 12 for p, _ in rows])


def values(outcome, probability, threshold: float = 0.3):
    found = evaluation.evaluate(JudgedRows.of(outcome, probability), threshold, COSTS, resamples=2)
    return {name: interval.value for name, interval in found.items()}


EXPECTED = {
    evaluation.AUC: lambda y, p, t: sk.roc_auc_score(y, p),
    evaluation.PR_AUC: lambda y, p, t: sk.average_precision_score(y, p),
    evaluation.KS: lambda y, p, t: ks_2samp(p[y], p[~y]).statistic,
    evaluation.LOG_LOSS: lambda y, p, t: sk.log_loss(y, np.clip(p, 1e-15, 1 - 1e-15)),
    evaluation.BRIER: lambda y, p, t: np.mean((y - p) ** 2),
    evaluation.ACCURACY: lambda y, p, t: sk.accuracy_score(y, p >= t),
    evaluation.ACCURACY_APPROVE_ALL: lambda y, p, t: sk.accuracy_score(y, np.zeros_like(y)),
    evaluation.F1: lambda y, p, t: sk.f1_score(y, p >= t),
    evaluation.COST: lambda y, p, t: policy.cost(y, p >= t, COSTS),
    evaluation.APPROVAL_RATE: lambda y, p, t: np.mean(p < t),
}


@pytest.mark.parametrize("metric", EXPECTED)
@settings(deadline=None, max_examples=50)
@given(judged)
@pytest.mark.filterwarnings("ignore:ks_2samp:RuntimeWarning")
def test_metric_agrees_with_reference(metric: str, rows):
    outcome, probability = arrays(rows)
    assert values(outcome, probability)[metric] == pytest.approx(EXPECTED[metric](outcome, probability, 0.3))


@settings(deadline=None, max_examples=50)
@given(judged, st.integers(0, 1000))
def test_counts_are_sample_weights(rows, seed: int):
    outcome, probability = arrays(rows)
    times = np.random.default_rng(seed).integers(1, 4, outcome.size)
    found = values(np.repeat(outcome, times), np.repeat(probability, times))
    assert found[evaluation.AUC] == pytest.approx(sk.roc_auc_score(outcome, probability, sample_weight=times))
    average = sk.average_precision_score(outcome, probability, sample_weight=times)
    assert found[evaluation.PR_AUC] == pytest.approx(average)


def test_calibration_error_by_hand():
    probability = np.repeat([0.1, 0.6], 5)
    outcome = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 0])
    assert values(outcome, probability)[evaluation.ECE] == pytest.approx(0.5 * 0.1 + 0.5 * 0.2)


@settings(deadline=None, max_examples=50)
@given(judged)
def test_calibration_error_bin_by_bin(rows):
    outcome, probability = arrays(rows)
    ascending = np.sort(probability)
    starts = evaluation.equal_mass(ascending)
    bins = np.searchsorted(ascending[starts], probability, side="right")
    gaps = [abs((outcome[bins == b] - probability[bins == b]).sum()) for b in np.unique(bins)]
    assert values(outcome, probability)[evaluation.ECE] == pytest.approx(sum(gaps) / outcome.size)


def test_observed_over_expected():
    assert values([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4])[evaluation.OBSERVED_EXPECTED] == pytest.approx(2.0)


def test_keys_are_as_promised():
    promised = "auc pr_auc ks log_loss brier ece accuracy accuracy_approve_all f1 cost approval_rate observed_expected"
    assert " ".join(values([0, 1], [0.1, 0.2])) == promised


def test_confusion_adds_up():
    found = evaluation.confusion(JudgedRows.of([0, 0, 0, 1, 1], [0.1, 0.2, 0.3, 0.1, 0.9]), 0.3)
    assert found == evaluation.Confusion(accepted_good=2, accepted_bad=1, refused_good=1, refused_bad=1)


def test_one_class_is_refused():
    with pytest.raises(policy.OutcomeError, match="outcomes of both kinds; got 0 defaults among 2"):
        evaluation.evaluate(JudgedRows.of([0, 0], [0.1, 0.2]), 0.5, COSTS)


AUC = evaluation.Interval(value=0.83, low=0.81, high=0.85)


def test_alarm_says_what_is_above():
    sentence = evaluation.alarm(AUC, 0.82)
    assert sentence is not None
    assert sentence.startswith("Hold-out AUC 0.8300 [0.8100, 0.8500] is above 0.82")


@pytest.mark.parametrize("limit", [0.83, 0.9])
def test_no_alarm_up_to_the_limit(limit: float):
    assert evaluation.alarm(AUC, limit) is None
