from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics as sk

from training.bundle import Costs
from training.measures import evaluation, policy
from training.measures.evaluation import JudgedRows

COSTS = Costs()


def lender(seed: int, rows: int = 1000):
    random = np.random.default_rng(seed)
    # Rounded, so that there are ties.
    probability = np.round(1 / (1 + np.exp(-random.normal(-2.9, 1.0, rows))), 2)
    return random.random(rows) < probability, probability


def test_interval_is_plain_bootstrap():
    outcome, probability = lender(0)
    random = np.random.default_rng(1)
    drawn = random.integers(0, outcome.size, (250, outcome.size))
    plain = {
        evaluation.AUC: [sk.roc_auc_score(outcome[rows], probability[rows]) for rows in drawn],
        evaluation.PR_AUC: [sk.average_precision_score(outcome[rows], probability[rows]) for rows in drawn],
        evaluation.LOG_LOSS: [sk.log_loss(outcome[rows], probability[rows]) for rows in drawn],
        evaluation.OBSERVED_EXPECTED: [outcome[rows].sum() / probability[rows].sum() for rows in drawn],
        evaluation.COST: [policy.cost(outcome[rows], probability[rows] >= 0.09, COSTS) for rows in drawn],
        evaluation.F1: [sk.f1_score(outcome[rows], probability[rows] >= 0.09) for rows in drawn],
    }
    found = evaluation.evaluate(JudgedRows.of(outcome, probability), 0.09, COSTS)
    for metric, figures in plain.items():
        low, high = np.quantile(figures, [0.025, 0.975])
        assert found[metric].low == pytest.approx(low, abs=0.2 * (high - low))
        assert found[metric].high == pytest.approx(high, abs=0.2 * (high - low))


def test_intervals_cover_truth():
    truth, *found = (
        evaluation.evaluate(JudgedRows.of(outcome, 0.7 * probability), 0.09, COSTS, resamples=resamples)
        for (outcome, probability), resamples in [
            (lender(99, 200_000), 1),
            *((lender(seed), 200) for seed in range(60)),
        ]
    )
    held = {name: sum(one[name].low <= truth[name].value <= one[name].high for one in found) for name in truth}
    # Percentiles would hold the ECE 47 times.
    assert min(held.values()) >= 50, held


def test_interval_of_bounded_figures_is_bounded():
    found = evaluation.evaluate(JudgedRows.of([0, 0, 0, 1, 1], [0.1, 0.1, 0.2, 0.9, 0.9]), 0.5, COSTS)
    assert found[evaluation.KS].high == 1
    assert found[evaluation.ECE].low >= 0


def test_every_interval_holds_its_value():
    found = evaluation.evaluate(JudgedRows.of(*lender(2, 200)), 0.09, COSTS)
    assert all(one.low <= one.value <= one.high for one in found.values())


def test_chunks_do_not_change_intervals(monkeypatch):
    outcome, probability = lender(3, 300)
    found = [
        evaluation.evaluate(JudgedRows.of(outcome, probability), 0.09, COSTS, seed=1, resamples=r)[evaluation.AUC].value
        for r in (10, 500)
    ]
    assert found[0] == found[1]


def test_same_seed_same_intervals():
    sample = JudgedRows.of(*lender(4))
    assert evaluation.evaluate(sample, 0.09, COSTS, seed=5) == evaluation.evaluate(sample, 0.09, COSTS, seed=5)
    assert evaluation.evaluate(sample, 0.09, COSTS, seed=5) != evaluation.evaluate(sample, 0.09, COSTS, seed=6)


def test_number_of_defaults_varies():
    outcome, probability = lender(6)
    found = evaluation.evaluate(JudgedRows.of(outcome, probability), 0.09, COSTS)[evaluation.ACCURACY_APPROVE_ALL]
    binomial = np.sqrt(outcome.mean() * (1 - outcome.mean()) / outcome.size)
    assert found.high - found.low == pytest.approx(2 * 1.96 * binomial, rel=0.15)
