"""Where the values of a column fall."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from monitoring.judging.drift import RARE, LevelBins, NumberBins

NAN = float("nan")


def numbers(values: list[float], **options: object) -> NumberBins:
    return NumberBins.fit(np.array(values, np.float32), np.ones(len(values)), **options)


def levels(texts: list[str], known: tuple[str, ...], **options: object) -> LevelBins:
    return LevelBins.fit(np.array(texts, object), np.ones(len(texts)), levels=known, **options)


def named(bins: NumberBins | LevelBins, *values: object) -> list[str]:
    kind = object if isinstance(bins, LevelBins) else np.float32
    return [bins.names[i] for i in bins.index(np.array(values, kind))]


def test_many_numbers_make_tenths() -> None:
    bins = numbers(list(range(1000)))
    counts = np.bincount(bins.index(np.arange(1000, dtype=np.float32)))
    assert counts.tolist() == [100] * 10


def test_few_numbers_are_their_own_bins() -> None:
    bins = numbers([0, 0, 1, 1, 2, 2])
    assert bins.names[:-2] == ("0", "1", "2")
    assert named(bins, 0, 1, 2) == ["0", "1", "2"]


def test_rare_numbers_are_merged() -> None:
    bins = numbers([0.0] * 500 + [1.0] * 480 + [2.0] * 15 + [3.0, 4, 5, 6, 7])
    assert bins.names[:-2] == ("0", "1", "above 1")


def test_equal_deciles_are_merged() -> None:
    bins = numbers([0.0] * 700 + list(range(1, 301)))
    assert named(bins, 0.0) == ["up to 0"]
    assert len(bins.names) == 1 + 3 + 2


@pytest.mark.parametrize("heavy", [0.0, 150.0, 301.0])
def test_a_heavy_value_stands_alone(heavy: float) -> None:
    values = [*range(1, 301)] + [heavy] * 700
    bins = numbers([float(value) for value in values])
    (place,) = bins.index(np.array([heavy], np.float32))
    assert (bins.index(np.array(values, np.float32)) == place).sum() in (700, 701)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(NAN, "missing"), (365243.0, "missing"), (-1.0, "outside 0 to 999"), (1000.0, "outside 0 to 999")],
)
def test_the_unusual_has_bins(value: float, expected: str) -> None:
    assert named(numbers([*range(1000), 365243], anomalies=(365243,)), value) == [expected]


def test_the_range_of_training_counts() -> None:
    bins = numbers(list(range(100)), low=-10, high=50)
    assert named(bins, -10, 51, 99) == [bins.names[0], "outside -10 to 50", "outside -10 to 50"]


def test_a_constant_has_one_bin() -> None:
    bins = numbers([1.0] * 50)
    assert named(bins, 1.0, 0.0, NAN) == ["1", "outside 1 to 1", "missing"]


@pytest.mark.parametrize("known", [{}, {"low": 0, "high": 5}])
def test_a_column_without_values_has_none(known: dict[str, float]) -> None:
    bins = numbers([NAN] * 50, **known)
    assert bins.names == ("missing", "unseen")
    assert named(bins, 3.0, NAN) == ["unseen", "missing"]


def test_a_value_at_a_cut_stays_below_it() -> None:
    values = np.random.default_rng(0).random(500, np.float32)
    bins = NumberBins.fit(values, np.ones(500))
    assert bins.index(bins.cuts).tolist() == list(range(len(bins.cuts)))


def test_weights_move_the_tenths() -> None:
    values = np.arange(1000, dtype=np.float32)
    bins = NumberBins.fit(values, np.where(values < 500, 9.0, 1.0))
    assert (bins.cuts < 500).sum() == 9


@given(arrays.arrays(np.float32, st.integers(1, 200), elements=st.floats(-100, 100, width=32) | st.just(NAN)))
def test_no_bin_of_a_number_is_rare(values: np.ndarray) -> None:
    bins = NumberBins.fit(values, np.ones(len(values)))
    counts = np.bincount(bins.index(values), minlength=len(bins.names))
    assert counts[-1] == 0
    assert len(counts) == 3 or (counts[:-2] >= RARE * len(values)).all()


@pytest.mark.parametrize(
    ("text", "expected"), [("A", "A"), ("C", "other levels"), ("", "missing"), ("XNA", "missing"), ("Z", "unseen")]
)
def test_levels_have_bins(text: str, expected: str) -> None:
    bins = levels(["A"] * 600 + ["B"] * 395 + ["C"] * 5, ("A", "B", "C", "D"), anomalies=("XNA",))
    assert named(bins, text) == [expected]


def test_there_is_no_bin_for_no_rare_level() -> None:
    assert levels(["A", "B"], ("A", "B")).names == ("A", "B", "missing", "unseen")
