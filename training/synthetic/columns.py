"""A table in memory: named columns of numbers or of categories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Category:
    """Levels by code; code -1 is missing."""

    codes: Integers
    levels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: Integers | Booleans) -> Category:
        """The rows at an index or a mask."""
        return Category(self.codes[rows], self.levels)

    def equals(self, level: str) -> Booleans:
        """A mask of the rows whose level is `level`."""
        return np.asarray(self.codes == self.levels.index(level))

    def among(self, levels: tuple[str, ...]) -> Booleans:
        """A mask of the rows whose level is in `levels`."""
        return np.isin(self.codes, [self.levels.index(level) for level in levels])


Column = Floats | Integers | Category
Table = dict[str, Column]
"""Floats: NaN is missing."""


def take(table: Mapping[str, Column], rows: Integers | Booleans) -> Table:
    """The rows of every column at an index or a mask."""
    return {name: column.take(rows) if isinstance(column, Category) else column[rows] for name, column in table.items()}


def floats(table: Mapping[str, Column], name: str) -> Floats:
    """A column of numbers, as float64."""
    column = table[name]
    assert not isinstance(column, Category), name
    return column.astype(np.float64)


def integers(table: Mapping[str, Column], name: str) -> Integers:
    """A column of whole numbers, as int64."""
    column = table[name]
    assert not isinstance(column, Category), name
    return column.astype(np.int64)


def category(table: Mapping[str, Column], name: str) -> Category:
    """A column of categories."""
    column = table[name]
    assert isinstance(column, Category), name
    return column


def spread(counts: Integers) -> tuple[Integers, Integers]:
    """Expand counts to rows: `counts[i]` rows for each i, with i and the row's position 0, 1, … within i."""
    owner = np.repeat(np.arange(len(counts)), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    return owner, np.arange(len(owner)) - first
