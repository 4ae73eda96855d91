"""Drift between the training applications and others: the PSI of each field.

PSI is the sum over bins of (current - reference) * log(current / reference). Bins are the deciles or levels of the
reference, one bin for missing values, and one for rare and unseen levels. Small samples also make it large: see
`noise`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from training.reports.picture import BAD, GOOD, GREY, bare, canvas, styled

SLIGHT = 0.1
STRONG = 0.25
"""The usual limits of PSI. Source: Siddiqi, Credit Risk Scorecards (2006)."""

_TOP = 20
_RARE = 0.01
_MISSING = "\0missing"


@dataclass(frozen=True)
class Drift:
    """The drift of one field."""

    field: str
    psi: float
    noise: float
    """PSI that samples of these sizes have on average without drift: (bins - 1) * (1 / n + 1 / m)."""
    missing_before: float
    missing_now: float


def compare(reference: Mapping[str, NDArray[Any]], current: Mapping[str, NDArray[Any]]) -> tuple[Drift, ...]:
    """The drift of every field that is in both, largest PSI first.

    Columns are numbers with NaN for missing, or objects with None for missing.
    """
    rows = [_compared(name, reference[name], current[name]) for name in reference if name in current]
    return tuple(sorted(rows, key=lambda row: (-row.psi, row.field)))


@styled
def figure(rows: Sequence[Drift], now: str) -> Figure:
    """The fields with the most drift, and the usual limits."""
    top = rows[:_TOP]
    drawing = canvas(1.0 + 0.24 * len(top))
    axes = drawing.subplots()
    places = -np.arange(len(top))
    colours = [BAD if row.psi >= STRONG else GOOD if row.psi >= SLIGHT else GREY for row in top]
    axes.barh(places, [row.psi for row in top], color=colours, height=0.65)
    axes.plot([row.noise for row in top], places, "|", color="black", markersize=8)
    for limit in (SLIGHT, STRONG):
        axes.axvline(limit, color=GREY, linewidth=1, linestyle="--")
    axes.set_yticks(places, [row.field for row in top])
    axes.set_xlim(0, max(1.15 * STRONG, 1.05 * max(row.psi for row in top)))
    axes.set_xlabel("population stability index; dashed: limits 0.1 and 0.25, black: expected without drift")
    axes.set_title(f"Training to {now}, {len(top)} of {len(rows)} fields")
    bare(axes)
    return drawing


def _compared(name: str, reference: NDArray[Any], current: NDArray[Any]) -> Drift:
    numeric = np.issubdtype(reference.dtype, np.number) and np.issubdtype(current.dtype, np.number)
    before, now = _number_counts(reference, current) if numeric else _level_counts(reference, current)
    return Drift(
        field=name,
        psi=psi(before, now),
        noise=(before.size - 1) * (1 / before.sum() + 1 / now.sum()),
        missing_before=float(before[-1] / before.sum()),
        missing_now=float(now[-1] / now.sum()),
    )


def psi(before: NDArray[np.float64], now: NDArray[np.float64]) -> float:
    """PSI of counts by bin; half a row is added to each bin, so no bin is empty."""
    old, new = (before + 0.5) / (before + 0.5).sum(), (now + 0.5) / (now + 0.5).sum()
    return float(((new - old) * np.log(new / old)).sum())


def _number_counts(reference: NDArray[Any], current: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Counts in the reference's deciles, then the count of missing values."""
    present = reference[np.isfinite(reference)]
    edges = np.unique(np.quantile(present, np.arange(1, 10) / 10)) if present.size else np.zeros(0)

    def counts(values: NDArray[Any]) -> NDArray[np.float64]:
        finite = values[np.isfinite(values)]
        inside = np.bincount(np.searchsorted(edges, finite, side="left"), minlength=edges.size + 1)
        return np.append(inside, values.size - finite.size).astype(np.float64)

    return counts(reference), counts(current)


def _level_counts(reference: NDArray[Any], current: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Counts of the reference's levels, then of all rare and unseen levels together, then of missing values."""
    old, new = (np.array([_MISSING if level is None else level for level in rows]) for rows in (reference, current))
    levels, sizes = np.unique(old[old != _MISSING], return_counts=True)
    frequent = levels[sizes >= _RARE * old.size]

    def counts(labels: NDArray[np.str_]) -> NDArray[np.float64]:
        own = [(labels == level).sum() for level in frequent]
        missing = (labels == _MISSING).sum()
        return np.array([*own, labels.size - sum(own) - missing, missing], dtype=np.float64)

    return counts(old), counts(new)
