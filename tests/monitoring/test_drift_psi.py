"""The index itself, and what chance makes of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from monitoring.judging.drift import NumberBins, ReferenceColumn, noise, psi

COUNTS = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=2, max_size=30).filter(
    lambda pairs: all(sum(side) for side in zip(*pairs, strict=True))
)


def shares(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    then, now = np.array(pairs, float).T
    return then / then.sum(), now / now.sum()


def column(values: np.ndarray, low: float | None = None, high: float | None = None) -> ReferenceColumn:
    weight = np.ones(len(values))
    return ReferenceColumn.of("x", "field", NumberBins.fit(values, weight, low=low, high=high), values, weight, 0.5)


@given(COUNTS)
def test_psi_is_not_negative(pairs: list[tuple[int, int]]) -> None:
    assert psi(*shares(pairs), 500) >= 0


@given(COUNTS, st.integers(2, 10))
def test_equal_shares_are_zero_at_any_size(pairs: list[tuple[int, int]], times: int) -> None:
    then, _ = shares(pairs)
    assert psi(then, (then * times) / times, 500) == pytest.approx(0, abs=1e-12)


@given(COUNTS, st.randoms(use_true_random=False))
def test_the_order_of_bins_does_not_matter(pairs: list[tuple[int, int]], random: object) -> None:
    shuffled = random.sample(pairs, len(pairs))  # type: ignore[attr-defined]
    assert psi(*shares(pairs), 500) == pytest.approx(psi(*shares(shuffled), 500))


@given(COUNTS)
def test_psi_is_symmetric(pairs: list[tuple[int, int]]) -> None:
    then, now = shares(pairs)
    assert psi(then, now, 500) == pytest.approx(psi(now, then, 500))


@pytest.mark.parametrize("empty", [0.0, 1e-9])
def test_an_empty_bin_is_no_infinity(empty: float) -> None:
    assert psi(np.array([1 - empty, empty]), np.array([0.9, 0.1]), 1000) < 1


def test_psi_is_the_textbook_figure() -> None:
    then, now = np.array([0.5, 0.5]), np.array([0.6, 0.4])
    assert psi(then, now, 1e9) == pytest.approx(0.1 * np.log(1.2) + 0.1 * np.log(1.25))


@pytest.mark.parametrize(("bins", "columns"), [(2, 1), (3, 100), (12, 400), (29, 400)])
def test_noise_is_a_quantile_of_chi_squared(bins: int, columns: int) -> None:
    expected = (1 / 5000 + 1 / 60_000) * stats.chi2.isf(0.01 / columns, bins - 1)
    assert noise(bins, 5000, 60_000, columns) == pytest.approx(expected)


def test_one_bin_has_no_noise() -> None:
    assert noise(1, 1000, 1000, 100) == 0


@pytest.mark.parametrize("rows", [250, 1000, 4000])
def test_chance_stays_below_the_noise(rows: int) -> None:
    random, alarms = np.random.default_rng(rows), 0
    for _ in range(200):
        reference = column(random.normal(size=1000), -9, 9)
        found = reference.compare(reference.count(random.normal(size=rows)), columns=1)
        alarms += found.psi >= found.noise
    assert alarms <= 7  # of 200 at 1 %: 8 or more have a chance of 1 in 1,000


def test_a_large_shift_in_few_rows_is_noise() -> None:
    reference = column(np.arange(1000.0))
    found = reference.compare(reference.count(np.random.default_rng(0).uniform(0, 999, 40)), columns=300)
    assert 0.1 < found.psi < found.noise
    assert not found.drifted


def test_a_sure_shift_that_is_small_is_no_drift() -> None:
    random = np.random.default_rng(0)
    reference = column(random.normal(size=50_000))
    found = reference.compare(reference.count(random.normal(0.1, size=50_000)), columns=300)
    assert found.noise < found.psi < 0.1
    assert not found.drifted


@pytest.mark.parametrize(
    ("now", "which"),
    [
        (np.full(1000, np.nan), "all missing"),
        (np.where(np.arange(1000) % 2, np.nan, np.arange(1000)), "half missing"),
        (np.arange(1000.0) + 500, "half out of range"),
        (np.where(np.arange(1000) % 12, np.arange(1000), -1), "a twelfth of a new value"),
    ],
)
def test_what_is_new_is_drift(now: np.ndarray, which: str) -> None:
    reference = column(np.arange(1000.0))
    assert reference.compare(reference.count(now), columns=300).drifted, which


@pytest.mark.parametrize("then", [np.ones(1000), np.full(1000, np.nan)])
def test_a_column_of_one_thing_can_drift(then: np.ndarray) -> None:
    reference = column(then)
    assert not reference.compare(reference.count(then[:500]), columns=300).drifted
    assert reference.compare(reference.count(np.arange(500.0)), columns=300).drifted


def test_bins_nobody_is_in_are_left_out() -> None:
    reference = column(np.arange(1000.0))
    found = reference.compare(reference.count(np.arange(1000.0)), columns=300)
    assert "missing" not in found.bins
    assert len(found.bins) == len(found.reference) == len(found.now) == 10
