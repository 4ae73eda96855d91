"""The check for leakage before training: no field may reveal the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from training.measures.policy import checked

_BINS = 20
_FOLDS = 5


@dataclass(frozen=True)
class Offender:
    """A field that predicts the outcome too well alone."""

    field: str
    auc: float
    limit: float

    def __str__(self) -> str:
        return (
            f"{self.field}: expected an AUC of at most {self.limit:g} alone, got {self.auc:.4f}: "
            "it may have been written after the outcome was known"
        )


def implausible(
    columns: Mapping[str, NDArray[Any]], outcome: ArrayLike, limit: float = 0.8, seed: int = 0
) -> tuple[Offender, ...]:
    """Fields whose AUC alone is above the limit, highest first; see `single_auc`."""
    fields = [Offender(name, single_auc(column, outcome, seed), limit) for name, column in columns.items()]
    return tuple(sorted((field for field in fields if field.auc > limit), key=lambda field: (-field.auc, field.field)))


def single_auc(column: NDArray[Any], outcome: ArrayLike, seed: int = 0) -> float:
    """AUC of one field alone; 0.5 if the outcomes are all alike.

    The score of a row is the default rate of its level in the other folds. Other folds are necessary, because a field
    with many levels would otherwise reveal the outcome of each row. The levels of a number are twenty bins of equal
    mass, so any shape of relation is found. Missing is a separate level.
    """
    codes = _codes(column)
    _, defaulted = checked(np.zeros(len(codes)), outcome)
    folds = _folds(defaulted, seed)
    levels = int(codes.max()) + 1
    cells = np.bincount((folds * levels + codes) * 2 + defaulted, minlength=_FOLDS * levels * 2)
    good, bad = cells.reshape(_FOLDS, levels, 2).astype(np.float64).transpose(2, 0, 1)
    other_bad, other_good = bad.sum(axis=0) - bad, good.sum(axis=0) - good
    # Each level gets one extra applicant at the overall rate, so a level without rows in other folds scores that rate.
    rate = (other_bad + defaulted.mean()) / (other_bad + other_good + 1)
    pairs = good.sum(axis=1) * bad.sum(axis=1)
    won = np.array([_won(*fold) for fold in zip(rate, good, bad, strict=True)])
    return float(won.sum() / pairs.sum()) if pairs.sum() else 0.5


def _codes(column: NDArray[Any]) -> NDArray[np.intp]:
    """The level of each row as a number 0, 1, …"""
    if np.issubdtype(column.dtype, np.number):
        values = column.astype(np.float64)
        present = values[np.isfinite(values)]
        edges = np.unique(np.quantile(present, np.arange(1, _BINS) / _BINS)) if present.size else np.zeros(0)
        return np.where(np.isfinite(values), np.searchsorted(edges, values, side="left"), edges.size + 1)
    return np.unique(["" if level is None else level for level in column], return_inverse=True)[1]


def _folds(defaulted: NDArray[np.bool_], seed: int) -> NDArray[np.intp]:
    """The fold of each row; the defaults are spread evenly over the folds."""
    order = np.random.default_rng(seed).permutation(defaulted.size)
    order = order[np.argsort(defaulted[order], kind="stable")]
    folds = np.empty(defaulted.size, dtype=np.intp)
    folds[order] = np.arange(defaulted.size) % _FOLDS
    return folds


def _won(rate: NDArray[np.float64], good: NDArray[np.float64], bad: NDArray[np.float64]) -> float:
    """The number of pairs in which the bad applicant scores higher than the good one; ties count half."""
    scores, place = np.unique(rate, return_inverse=True)
    goods = np.bincount(place, weights=good, minlength=scores.size)
    bads = np.bincount(place, weights=bad, minlength=scores.size)
    return float((bads * (np.cumsum(goods) - goods / 2)).sum())
