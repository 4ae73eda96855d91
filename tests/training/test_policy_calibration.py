from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from training.bundle.manifest import Calibration
from training.measures.policy import OutcomeError, calibrate, platt


def drawn(seed: int, rows: int = 2000, slope: float = 0.7, intercept: float = -2.0):
    random = np.random.default_rng(seed)
    margin = random.normal(0, 1.5, rows)
    return margin, random.random(rows) < calibrate(margin, Calibration(slope=slope, intercept=intercept))


def test_finds_the_true_line():
    found = platt(*drawn(1, rows=100_000))
    assert found.slope == pytest.approx(0.7, abs=0.03)
    assert found.intercept == pytest.approx(-2.0, abs=0.03)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 1000))
def test_agrees_with_logistic_regression(seed: int):
    margin, outcome = drawn(seed, rows=400)
    bad, good = outcome.sum(), (~outcome).sum()
    target = np.where(outcome, (bad + 1) / (bad + 2), 1 / (good + 2))
    # A soft target is a row of each class with these weights.
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)
    rows = np.concatenate([margin, margin])[:, None]
    model.fit(rows, np.repeat([1, 0], margin.size), sample_weight=np.concatenate([target, 1 - target]))
    found = platt(margin, outcome)
    assert found.slope == pytest.approx(model.coef_[0, 0], abs=1e-4)
    assert found.intercept == pytest.approx(model.intercept_[0], abs=1e-4)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_scale_does_not_matter(scale: float):
    margin, outcome = drawn(2)
    expected = calibrate(margin, platt(margin, outcome))
    np.testing.assert_allclose(calibrate(margin * scale, platt(margin * scale, outcome)), expected, atol=1e-9)


def test_separable_stays_finite():
    margin = np.array([-2.0, -1.0, 1.0, 2.0])
    found = platt(margin, [0, 0, 1, 1])
    assert 0 < found.slope < 100
    assert calibrate(margin, found).mean() == pytest.approx(0.5)


def test_constant_margin_gives_base_rate():
    outcome = np.array([1] + [0] * 9)
    found = platt(np.full(10, -1.3), outcome)
    assert found.slope == 1.0
    assert calibrate(-1.3, found) == pytest.approx((2 / 3 + 9 / 11) / 10)


def test_mean_matches_smoothed_rate():
    margin, outcome = drawn(3)
    assert calibrate(margin, platt(margin, outcome)).mean() == pytest.approx(outcome.mean(), abs=1e-3)


@pytest.mark.parametrize(("margin", "probability"), [(-1000.0, 0.0), (0.0, 0.5), (1000.0, 1.0)])
def test_extreme_margins_do_not_overflow(margin: float, probability: float):
    assert calibrate(margin, Calibration(slope=1.0, intercept=0.0)) == probability


@pytest.mark.parametrize(
    ("margin", "outcome", "message"),
    [
        ([1.0, 2.0], [0, 0], "outcomes of both kinds; got 0 defaults among 2"),
        ([1.0, 2.0], [0, 2], "outcomes 0 or 1; got 2"),
        ([1.0, np.nan], [0, 1], "finite scores; got nan"),
        ([1.0, 2.0, 3.0], [0, 1], r"got \(3,\) and \(2,\)"),
        ([], [], r"n > 0; got \(0,\)"),
    ],
)
def test_bad_input_is_named(margin, outcome, message: str):
    with pytest.raises(OutcomeError, match=message):
        platt(margin, outcome)
