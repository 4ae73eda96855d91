"""The figures of each protected field's groups: approval rates, and error rates if outcomes are known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from monitoring.judging.arrays import Chunk
from monitoring.verdict import GroupFigures
from training.bundle import Manifest, groups
from training.bundle.groups import MISSING, YARDSTICK, Members


def fare(manifest: Manifest, chunk: Chunk) -> tuple[GroupFigures, ...]:
    """The figures of every group with members in the chunk; error rates only if the chunk has outcomes for them."""
    known = (chunk.outcome >= 0) & np.isfinite(chunk.weight)
    weight = np.where(known, chunk.weight, 0.0)
    defaulted = chunk.outcome == 1
    explored = bool((known & chunk.refused).any())
    figures = []
    for those in groups.protected(manifest, chunk.rows):
        approved = _rates(those, np.ones(len(chunk)), ~chunk.refused)
        accepted = _rates(those, weight * ~chunk.refused, defaulted)
        good = _rates(those, weight * ~defaulted, chunk.refused) if explored else {}
        sizes = np.bincount(those.group, minlength=len(those.names))
        known_groups = (i for i in approved if those.names[i] != MISSING)
        best = max((approved[i] for i in known_groups if sizes[i] >= YARDSTICK * len(chunk)), default=0.0)
        figures += [
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
    return tuple(figures)


def _rates(those: Members, weight: npt.NDArray[np.float64], hit: npt.NDArray[np.bool_]) -> dict[int, float]:
    """The weighted share of hits by group; groups without weight are left out."""
    size = len(those.names)
    total = np.bincount(those.group, weight, size)
    hits = np.bincount(those.group, weight * hit, size)
    return {i: float(hits[i] / total[i]) for i in range(size) if total[i] > 0}
