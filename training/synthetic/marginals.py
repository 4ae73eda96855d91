"""The distribution of a single column: from a share of the population to the column's value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from training.synthetic.columns import Category, Floats, Integers
from training.synthetic.profile import profile

SHARES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
"""The shares of the profile's quantiles."""

_TAIL = np.array([0.25, 0.5, 0.7, 0.85, 0.95])
_SNAP_UNIQUE = 200
"""If a column has at most so many distinct values, shares are rounded so that no other values appear."""


@dataclass(frozen=True)
class Numeric:
    """The inverse of a distribution of numbers: lines between values at known shares, flat at frequent values."""

    shares: Floats
    values: Floats
    whole: bool
    """Whether all values are whole numbers."""
    unique: int

    def at(self, share: Floats) -> Floats:
        """The quantile at each share."""
        if self.unique <= _SNAP_UNIQUE and not self.whole:
            share = (np.floor(share * self.unique) + 0.5) / self.unique
        value = np.interp(share, self.shares, self.values)
        return np.asarray(np.rint(value) if self.whole else value)


@dataclass(frozen=True)
class Discrete:
    """A distribution over a few numbers."""

    cumulative: Floats
    values: Floats

    def at(self, share: Floats) -> Floats:
        """The quantile at each share."""
        return np.asarray(
            self.values[np.searchsorted(self.cumulative, share, side="right").clip(max=len(self.values) - 1)]
        )


@dataclass(frozen=True)
class LevelMarginal:
    """A distribution over categories; shares go through them in the order of `levels`."""

    cumulative: Floats
    levels: tuple[str, ...]

    def at(self, share: Floats) -> Category:
        """The category whose part of the population contains `share`."""
        codes = np.searchsorted(self.cumulative, share, side="right").clip(max=len(self.levels) - 1)
        return Category(codes.astype(np.int64), self.levels)


def _cumulative(shares: Floats) -> Floats:
    return np.asarray(np.cumsum(shares) / shares.sum())


@cache
def levels(table: str, name: str, first: tuple[str, ...] = (), last: tuple[str, ...] = ()) -> LevelMarginal:
    """Published category shares; `first` and `last` are at the ends, the other levels stay most frequent first."""
    shares: dict[str, float] = profile()["tables"][table][name]["levels"]
    middle = tuple(level for level in shares if level not in first + last)
    order = first + middle + last
    return LevelMarginal(_cumulative(np.array([shares[level] for level in order])), order)


@cache
def numeric(table: str, name: str) -> Numeric | Discrete:
    """Published distribution of the values, without missing ones and 365243, which also means missing."""
    column = profile()["tables"][table][name]
    if "values" in column:
        values = np.array([float(value) for value in column["values"]])
        order = np.argsort(values)
        shares = np.array(list(column["values"].values()))
        return Discrete(_cumulative(shares[order]), values[order])
    bins = profile()["relation"].get(name, {}).get("bins", []) if table == "application_train" else []
    return inverse(column, bins)


def inverse(column: dict[str, Any], bins: list[list[float]]) -> Numeric:
    """The inverse distribution from quantiles, the edges of equally frequent bins, and frequent values."""
    knots = dict(zip(SHARES, column["quantiles"], strict=True))
    counts = np.array([row[2] for row in bins])
    for share, row in zip(_cumulative(counts)[:-1] if len(counts) else [], bins, strict=False):
        knots.setdefault(float(share), row[1])
    shares = np.array(sorted(knots))
    values = np.maximum.accumulate(np.array([knots[share] for share in shares]))
    if column["unique"] > 2 * len(values):
        shares, values = _bend_tails(shares, values, column["mean"])
    shares, values = _flatten(shares, values, _atoms(column))
    return Numeric(shares, values, _whole(column), column["unique"])


def _whole(column: dict[str, Any]) -> bool:
    """Whether all values are whole numbers; a quantile between two whole numbers may end in .5."""
    low, *_, high = column["quantiles"]
    middle = column["quantiles"][3:6]
    halves = all((2.0 * float(value)).is_integer() for value in (low, *middle, high))
    return column.get("dtype") == "int64" or (halves and high > 1.0) or high <= 0.0


def _bend_tails(shares: Floats, values: Floats, mean: float) -> tuple[Floats, Floats]:
    """Bend the last hundredth so that the mean is right; a straight line to the maximum gives too many high values."""
    start, end = values[-2], values[-1]
    body = float(np.sum(np.diff(shares)[:-1] * (values[1:-1] + values[:-2]) / 2))
    tail = (mean - body) / (1.0 - shares[-2])
    excess = tail - start
    power = np.clip((end - start) / excess - 1.0, 3.0, 60.0) if excess > 0 else 60.0
    knots = start + (end - start) * _TAIL**power
    shares = np.concatenate([shares[:-1], shares[-2] + (1.0 - shares[-2]) * _TAIL, [1.0]])
    return shares, np.concatenate([values[:-1], knots, [end]])


def _atoms(column: dict[str, Any]) -> dict[float, tuple[float, float | None]]:
    """Frequent values with their share, and the share below them or None if not known."""
    atoms: dict[float, tuple[float, float | None]] = {
        float(value): (share, None) for value, share in column.get("top", {}).items() if float(value) != 365243
    }
    if column.get("zero"):
        atoms[0.0] = (column["zero"], column["negative"])
    return atoms


def _flatten(shares: Floats, values: Floats, atoms: dict[float, tuple[float, float | None]]) -> tuple[Floats, Floats]:
    """Insert a flat piece for each frequent value at the place where the inverse reaches it."""
    floor = 0.0
    for value in sorted(atoms):
        share, below = atoms[value]
        low = max(below if below is not None else _start(shares, values, value, share), floor)
        high = min(low + share, 1.0)
        before, after = (shares <= low) & (values <= value), (shares >= high) & (values >= value)
        shares = np.concatenate([shares[before], [low, high], shares[after]])
        values = np.concatenate([values[before], [value, value], values[after]])
        floor = high
    return shares, values


def _start(shares: Floats, values: Floats, value: float, share: float) -> float:
    """The start of a frequent value's flat piece: near its place on the line, and consistent with all quantiles."""
    lowest = float(shares[values < value].max(initial=0.0))
    highest = float(shares[values > value].min(initial=1.0)) - share
    same = shares[values == value]
    if len(same):
        lowest, highest = max(lowest, float(same.max()) - share), min(highest, float(same.min()))
        return max(lowest, (lowest + highest) / 2)
    centre = float(np.interp(value, values, shares))
    return max(lowest, min(centre - share / 2, highest))


def rows_per_key(split: str, key: str) -> tuple[float, Numeric]:
    """The share of keys without rows, and the distribution of the number of rows for the others."""
    row = profile()["counts"][split][key]
    mean = row["mean"] / (1.0 - row["zero"])
    return row["zero"], inverse({"quantiles": row["quantiles"], "mean": mean, "unique": 1000}, [])


def row_counts(split: str, key: str, share: Floats) -> Integers:
    """The number of rows for each key: 0 for the lowest shares, then it grows with the share."""
    zero, counts = rows_per_key(split, key)
    some = np.interp((share - zero) / (1.0 - zero), counts.shares, counts.values)
    # A quantile of counts is the upper end of its step, so the line between two quantiles is a little too high.
    some = np.maximum(np.rint(some - 0.2), 1.0)
    return np.where(share < zero, 0.0, some).astype(np.int64)
