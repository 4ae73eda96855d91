"""How the groups of each protected field fare: approval rates, and errors where outcomes are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from monitoring.judging.arrays import Chunk
from monitoring.judging.drift import MISSING, UNSEEN
from monitoring.verdict import GroupFigures
from training.bundle import Field, Manifest, Rows

YARDSTICK = 0.02
"""A smaller group's approval rate is nothing to compare others with.

Source: Uniform Guidelines on Employee Selection Procedures (29 CFR 1607.4), which also has the four-fifths rule.
"""
_DECADE = 3652.5


@dataclass(frozen=True)
class Members:
    """Who belongs to which group of a field: `group` [n] indexes `names`."""

    field: str
    names: tuple[str, ...]
    group: npt.NDArray[np.intp]


def members(manifest: Manifest, rows: Rows) -> Iterator[Members]:
    """The groups of each protected field: its levels, or decades of age for a number of days since birth."""
    for i, field in enumerate(manifest.numeric):
        if field.protected:
            yield _decades(field.name, rows.numeric[:, i])
    for i, field in enumerate(manifest.categorical):
        if field.protected:
            yield _levels(field, rows.categorical[:, i])


def fare(manifest: Manifest, chunk: Chunk) -> tuple[GroupFigures, ...]:
    """Every group that somebody of the chunk belongs to; error rates where the chunk has the outcomes for them."""
    known = (chunk.outcome >= 0) & np.isfinite(chunk.weight)
    weight = np.where(known, chunk.weight, 0.0)
    defaulted = chunk.outcome == 1
    explored = bool((known & chunk.refused).any())
    found = []
    for those in members(manifest, chunk.rows):
        approved = _rates(those, np.ones(len(chunk)), ~chunk.refused)
        accepted = _rates(those, weight * ~chunk.refused, defaulted)
        good = _rates(those, weight * ~defaulted, chunk.refused) if explored else {}
        sizes = np.bincount(those.group, minlength=len(those.names))
        best = max((approved[i] for i in approved if sizes[i] >= YARDSTICK * len(chunk)), default=0.0)
        found += [
            GroupFigures(
                field=those.field,
                name=those.names[i],
                rows=int(sizes[i]),
                approved=rate,
                ratio=rate / best if best else 1.0,
                accepted_defaulted=accepted.get(i),
                good_refused=good.get(i),
            )
            for i, rate in approved.items()
        ]
    return tuple(found)


def _rates(those: Members, weight: npt.NDArray[np.float64], hit: npt.NDArray[np.bool_]) -> dict[int, float]:
    """By group, the weighted share of hits; without the groups that no weight is in."""
    size = len(those.names)
    total = np.bincount(those.group, weight, size)
    hits = np.bincount(those.group, weight * hit, size)
    return {i: float(hits[i] / total[i]) for i in range(size) if total[i] > 0}


def _decades(field: str, days: npt.NDArray[np.float32]) -> Members:
    """By age as `30-39`, from days before the application, so negative."""
    missing = np.isnan(days)
    tens = np.floor(np.where(missing, 0.0, days) / -_DECADE).astype(int)
    found, group = np.unique(np.where(missing, 1000, tens), return_inverse=True)
    names = tuple(MISSING if ten == 1000 else f"{ten}0-{ten}9" for ten in found.tolist())
    return Members(field, names, group.ravel())


def _levels(field: Field, texts: npt.NDArray[np.object_]) -> Members:
    names = (*field.levels, MISSING, UNSEEN)
    codes = {level: i for i, level in enumerate(field.levels)} | {"": len(names) - 2}
    codes |= {text: len(names) - 2 for text in field.anomalies if isinstance(text, str)}
    group = np.fromiter((codes.get(text, len(names) - 1) for text in texts), np.intp, len(texts))
    return Members(field.name, names, group)
