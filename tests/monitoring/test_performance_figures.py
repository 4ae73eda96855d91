"""Log loss, AUC and the rest, with weights and errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from monitoring.judging import performance
from monitoring.judging.performance import Labelled
from training.bundle import Costs


def labelled(rows: int = 2000, seed: int = 0, rate: float = 0.1) -> Labelled:
    """Applications whose probabilities hold."""
    random = np.random.default_rng(seed)
    probability = 1 / (1 + np.exp(-random.normal(np.log(rate / (1 - rate)), 1, rows)))
    weight = np.where(probability >= 0.2, 4.0, 1.0)
    return Labelled(probability, random.random(rows) < probability, probability >= 0.2, weight)


def test_log_loss_is_that_of_the_field() -> None:
    rows = labelled()
    expected = metrics.log_loss(rows.defaulted, rows.probability, sample_weight=rows.weight)
    assert performance.log_loss(rows).value == pytest.approx(expected)


def test_auc_is_that_of_the_field() -> None:
    rows = labelled()
    tied = Labelled(rows.probability.round(2), rows.defaulted, rows.refused, rows.weight)
    expected = metrics.roc_auc_score(tied.defaulted, tied.probability, sample_weight=tied.weight)
    assert performance.auc(tied).value == pytest.approx(expected)


@pytest.mark.parametrize("figure", [performance.log_loss, performance.auc, performance.observed_expected])
def test_a_quarter_of_the_rows_have_twice_the_error(figure: object) -> None:
    few, many = (np.mean([figure(labelled(rows, seed)).error for seed in range(10)]) for rows in (2000, 8000))  # type: ignore[operator]
    assert few / many == pytest.approx(2, rel=0.15)


@pytest.mark.parametrize("figure", [performance.log_loss, performance.auc, performance.observed_expected])
def test_the_error_is_what_samples_vary_by(figure: object) -> None:
    found = [figure(labelled(1000, seed)) for seed in range(300)]  # type: ignore[operator]
    assert np.std([one.value for one in found]) == pytest.approx(np.mean([one.error for one in found]), rel=0.15)


@pytest.mark.parametrize("defaulted", [True, False])
def test_one_outcome_ranks_nothing(defaulted: bool) -> None:
    rows = labelled(50)
    alike = Labelled(rows.probability, np.full(50, defaulted), rows.refused, rows.weight)
    found = performance.auc(alike).interval(0, 1)
    assert (found.value, found.low, found.high) == (0.5, 0, 1)


def test_observed_over_expected_counts_defaults() -> None:
    rows = Labelled(np.full(4, 0.25), np.array([True, True, False, False]), np.zeros(4, bool), np.ones(4))
    assert performance.observed_expected(rows).value == 2


def test_cost_follows_the_policy() -> None:
    defaulted, refused = np.array([True, True, False, False]), np.array([False, True, True, False])
    rows = Labelled(np.full(4, 0.25), defaulted, refused, np.array([1, 5, 5, 1]))
    assert performance.cost(rows, Costs(10, 1)).value == pytest.approx((10 * 1 + 1 * 5) / 12)


def test_what_is_expected_comes_true() -> None:
    rows = labelled(50_000)
    assert performance.expected_log_loss(rows.probability) == pytest.approx(
        metrics.log_loss(rows.defaulted, rows.probability), rel=0.03
    )
    assert performance.expected_auc(rows.probability) == pytest.approx(
        metrics.roc_auc_score(rows.defaulted, rows.probability), abs=0.01
    )


def test_one_probability_ranks_nothing() -> None:
    assert performance.expected_auc(np.full(10, 0.3)) == pytest.approx(0.5)


def test_tenths_hold_all_rows() -> None:
    rows = labelled(1003)
    tenths = performance.by_tenths(rows)
    assert len(tenths) == 10
    assert sum(count for _, _, count in tenths) == 1003
    assert [mean for mean, _, _ in tenths] == sorted(mean for mean, _, _ in tenths)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=50))
def test_any_rows_have_finite_figures(pairs: list[tuple[float, bool]]) -> None:
    probability, defaulted = (np.array(side) for side in zip(*pairs, strict=True))
    rows = Labelled(probability.clip(0.001), defaulted, probability >= 0.5, np.ones(len(pairs)))
    for figure in (performance.log_loss, performance.auc, performance.observed_expected):
        assert np.isfinite(figure(rows)).all()
    assert np.isfinite(performance.recalibrated_log_loss(rows).value)
    assert performance.recalibrated_log_loss(rows).value <= performance.log_loss(rows).value + 1e-6


def test_recalibrating_finds_what_was_bent() -> None:
    rows = labelled(20_000)
    odds = np.log(rows.probability / (1 - rows.probability))
    bent = Labelled(1 / (1 + np.exp(-(0.5 * odds + 2))), rows.defaulted, rows.refused, rows.weight)
    assert performance.recalibrated_log_loss(bent).value == pytest.approx(
        performance.recalibrated_log_loss(rows).value, abs=1e-8
    )
