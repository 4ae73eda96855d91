"""The application fields before any model: missing values, and the default rate of each level."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from training.reports.calibration import wilson
from training.reports.picture import GOOD, GREY, bare, canvas, percent_axis, styled

MISSING = "missing"
OTHER = "other"

_BINS = 5
_MOST_LEVELS = 7
_SHOWN_MISSING = 24
_SHOWN_FIELDS = 6
_FEW = 30


@dataclass(frozen=True)
class Level:
    """A group of values of a field."""

    name: str
    rows: int
    defaults: int


@dataclass(frozen=True)
class Described:
    """A field with its levels: categories by frequency or number ranges in order, then other and missing."""

    name: str
    missing: float
    """Share of the applicants without a value."""
    levels: tuple[Level, ...]

    @property
    def information(self) -> float:
        """Information value: how well this field separates defaults from non-defaults.

        Source: Siddiqi, Credit Risk Scorecards (2006). Half a row is added to each cell, so no cell is empty.
        """
        bad = np.array([level.defaults + 0.5 for level in self.levels])
        good = np.array([level.rows - level.defaults + 0.5 for level in self.levels])
        bad, good = bad / bad.sum(), good / good.sum()
        return float(((bad - good) * np.log(bad / good)).sum())


def by_level(columns: Mapping[str, NDArray[Any]], outcome: NDArray[np.bool_]) -> tuple[Described, ...]:
    """Each field with its levels; columns are numbers with NaN or objects with None for missing."""
    return tuple(_described(name, column, outcome) for name, column in columns.items())


@styled
def missingness(fields: Sequence[Described]) -> Figure:
    """The fields that are missing most often."""
    worst = sorted(fields, key=lambda field: (-field.missing, field.name))[:_SHOWN_MISSING]
    drawing = canvas(0.9 + 0.22 * len(worst))
    axes = drawing.subplots()
    axes.barh(-np.arange(len(worst)), [field.missing for field in worst], color=GREY, height=0.65)
    axes.set_yticks(-np.arange(len(worst)), [field.name for field in worst])
    axes.set_xlim(0, 1)
    axes.set_title(f"Missing, {len(worst)} of {len(fields)} fields")
    percent_axis(axes, "x")
    bare(axes)
    return drawing


@styled
def default_rates(fields: Sequence[Described]) -> Figure:
    """Default rate by level of the fields with the most information, with 95 % intervals."""
    best = sorted(fields, key=lambda field: (-field.information, field.name))[:_SHOWN_FIELDS]
    tall = -(-len(best) // 2)
    drawing = canvas(0.6 + 1.75 * tall)
    overall = sum(level.defaults for level in best[0].levels) / sum(level.rows for level in best[0].levels)
    grid = drawing.subplots(tall, 2, squeeze=False).ravel()
    for axes, field in zip(grid, best, strict=False):
        sizes = np.array([level.rows for level in field.levels])
        rate = np.array([level.defaults for level in field.levels]) / sizes
        low, high = wilson(rate, sizes)
        places = -np.arange(sizes.size)
        bars = np.vstack([rate - low, high - rate])
        axes.axvline(overall, color=GREY, linewidth=1, linestyle="--")
        axes.errorbar(rate, places, xerr=bars, fmt="o", color=GOOD, capsize=2, markersize=4)
        axes.set_yticks(places, [f"{_short(level.name)} ({level.rows:,})" for level in field.levels], fontsize=7.5)
        # The interval of a few rows may leave the picture, so that it does not flatten the others.
        axes.set_xlim(0, 1.1 * max(high[sizes >= min(_FEW, sizes.max())].max(), 1.5 * overall))
        axes.set_title(field.name)
        percent_axis(axes, "x")
        bare(axes)
    for axes in grid[len(best) :]:
        axes.set_visible(False)
    return drawing


def _described(name: str, column: NDArray[Any], outcome: NDArray[np.bool_]) -> Described:
    labels, order = _numbers(column) if np.issubdtype(column.dtype, np.number) else _categories(column)
    levels = [Level(label, int((labels == label).sum()), int(outcome[labels == label].sum())) for label in order]
    missing = float((labels == MISSING).mean())
    return Described(name, missing, tuple(level for level in levels if level.rows))


def _numbers(column: NDArray[Any]) -> tuple[NDArray[np.str_], list[str]]:
    """The label of each row, and the labels in order: single values if there are few, else ranges of equal mass."""
    values = column.astype(np.float64)
    present = np.isfinite(values)
    distinct = np.unique(values[present])
    if distinct.size <= _BINS:
        order = [_number(value) for value in distinct]
        codes = np.searchsorted(distinct, values)
    else:
        edges = np.unique(np.quantile(values[present], np.linspace(0, 1, _BINS + 1)))
        order = [f"{_number(low)} to {_number(high)}" for low, high in itertools.pairwise(edges)]
        codes = np.clip(np.searchsorted(edges, values, side="left") - 1, 0, len(order) - 1)
    names = np.array([*order, MISSING])
    return names[np.where(present, codes, len(order))], [*order, MISSING]


def _categories(column: NDArray[Any]) -> tuple[NDArray[np.str_], list[str]]:
    """The label of each row, and the labels in order: the most frequent levels, other, missing."""
    names = np.array([MISSING if level is None else level for level in column])
    levels, counts = np.unique(names[names != MISSING], return_counts=True)
    order = [str(levels[place]) for place in np.argsort(-counts, kind="stable")]
    named = order if len(order) <= _MOST_LEVELS else order[: _MOST_LEVELS - 1]
    return np.where(np.isin(names, [*named, MISSING]), names, OTHER), [*named, OTHER, MISSING]


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _short(name: str) -> str:
    return name if len(name) <= 26 else name[:25] + "…"
