from __future__ import annotations

import math

import numpy as np
import pytest

from flows.gate.estimates import ratio, weighted_mean
from tests.simulations.gate import CASES, decide, draw

WEIGHT = np.array([1.0, 3.0])


def test_weights_count_in_the_error() -> None:
    found = weighted_mean(np.array([0.0, 1.0]), WEIGHT)
    assert (found.figure, found.error) == (0.75, pytest.approx(math.sqrt(2 * 0.75**2) / 4))
    assert found.high == pytest.approx(0.75 + 1.96 * found.error)


def test_ratio_is_of_sums() -> None:
    found = ratio(np.array([1.0, 0.0]), np.ones(2), WEIGHT)
    assert found is not None
    assert (found.figure, found.error) == (0.25, pytest.approx(math.sqrt(2 * 0.75**2) / 4))
    assert ratio(np.ones(2), np.zeros(2), WEIGHT) is None
    scaled = found.on_log_scale()
    assert scaled.low * scaled.high == pytest.approx(0.25**2)


def test_luck_alone_does_not_pass() -> None:
    """An equal model has the lower log loss every other time, and passes about one time in forty."""
    random = np.random.default_rng(5)
    lucky = passed = 0
    for _ in range(80):
        outcome, champion, challenger = draw(CASES[3], 5_000, random)
        (first, *_) = decide(outcome, champion, challenger, "everybody", np.ones(5_000)).criteria
        assert first.name == "log loss"
        lucky, passed = lucky + (first.figure < 0), passed + bool(first.passed)
    assert lucky > 20
    assert passed < 8
