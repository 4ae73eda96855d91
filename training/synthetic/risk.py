"""TARGET: a logistic model with one effect for each column and each aggregate of the client's history.

The effects are calibrated together (`training.synthetic.calibrate`). With all effects present, each single column then
has its published default rates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from training.synthetic.columns import Category, Column, Floats, Integers, floats
from training.synthetic.draws import Ranks, normal_score
from training.synthetic.profile import profile

SENTINEL = 365243
_REPEATED = ("_MODE", "_MEDI")
"""Suffixes of building columns that repeat the column ending in _AVG."""


@dataclass(frozen=True)
class Binned:
    """The cells of a column: bins by their upper edges, values, or levels; the last cell is missing or other."""

    name: str
    edges: Floats
    levels: tuple[str, ...]
    counts: Floats
    rates: Floats
    """`counts` and `rates` are clients and default rate by cell; the rate of an empty cell has no meaning."""

    @property
    def cells(self) -> int:
        """The number of cells, including the cell for missing."""
        return len(self.rates)

    def cell(self, column: Column) -> Integers:
        """The cell of each row."""
        last = self.cells - 1
        if isinstance(column, Category):
            places = [self.levels.index(level) if level in self.levels else last for level in column.levels]
            return np.array([*places, last])[column.codes]
        values = column.astype(np.float64)
        missing = np.isnan(values) | (values == SENTINEL)
        return np.where(missing, last, np.searchsorted(self.edges, values, side="left").clip(max=last - 1))


def binned() -> list[Binned]:
    """The cells of all application columns with a published relation to default, without repeated columns."""
    numbers = [
        _from_relation(name, row)
        for name, row in profile()["relation"].items()
        if row["auc"] is not None and not name.endswith(_REPEATED) and not name.startswith("AMT_REQ_CREDIT_BUREAU_H")
    ]
    return numbers + [_from_levels(name, rows) for name, rows in profile()["relation_levels"].items()]


def _from_relation(name: str, row: dict[str, list[list[float]]]) -> Binned:
    if "values" in row:
        cells = sorted((float(value), *pair) for value, pair in row["values"].items())  # type: ignore[attr-defined]
        edges = np.array([cell[0] for cell in cells]) + 1e-9
        counts, rates = [cell[1] for cell in cells], [cell[2] for cell in cells]
    else:
        # Bins are open below and closed above.
        edges = np.array([cell[1] for cell in row["bins"]])
        counts, rates = [cell[2] for cell in row["bins"]], [cell[3] for cell in row["bins"]]
    missing = row["missing"]
    present = sum(counts)
    counts = [*counts, max(profile()["clients"] - present, 0) if missing is not None else 0]
    return Binned(name, edges, (), np.array(counts), np.array([*rates, missing if missing is not None else 0.0]))


def _from_levels(name: str, rows: dict[str, list[float]]) -> Binned:
    levels = tuple(level for level in rows if level != "<missing>")
    last = rows.get("<missing>", [0, 0.0])
    counts = np.array([*(rows[level][0] for level in levels), last[0]])
    rates = np.array([*(rows[level][1] for level in levels), last[1]])
    return Binned(name, np.array([]), levels, counts, rates)


@dataclass(frozen=True)
class Effects:
    """Log odds: a constant, one value per cell of each column, and per aggregate a slope and a value for missing."""

    constant: float
    cells: Mapping[str, Floats]
    slopes: Mapping[str, float]
    gaps: Mapping[str, float]


def log_odds(
    effects: Effects, ranks: Ranks, application: Mapping[str, Column], history: Mapping[str, Floats]
) -> Floats:
    """Log odds of default of each client."""
    total = np.full(len(floats(application, "DAYS_BIRTH")), effects.constant)
    for column in binned():
        if column.name in effects.cells:
            total += effects.cells[column.name][column.cell(application[column.name])]
    for name, slope in effects.slopes.items():
        total += slope * scaled(ranks, name, history[name]) + effects.gaps[name] * np.isnan(history[name])
    return total


def scaled(ranks: Ranks, name: str, values: Floats) -> Floats:
    """An aggregate as a normal score, 0 if it is missing."""
    present = ~np.isnan(values)
    score = np.zeros(len(values))
    score[present] = normal_score(np.clip(ranks.share(f"aggregate.{name}", values[present]), 0.003, 0.997))
    return score
