"""Results by protected group, with the same metrics as for all applicants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.bundle import Costs, Interval
from training.bundle.groups import MISSING, YARDSTICK, Members
from training.measures.evaluation import JudgedRows, Sample, figures


@dataclass(frozen=True)
class GroupMetrics:
    """The results of one group."""

    field: str
    name: str
    rows: int
    defaults: int
    approval_ratio: float
    """Approval rate divided by the best rate of the field's groups that have at least YARDSTICK of the rows."""
    metrics: dict[str, Interval]
    """The same metrics as for all applicants; if the group has one class, without those that need both classes."""


def by_group(
    judged: JudgedRows,
    protected: Sequence[Members],
    threshold: float,
    costs: Costs,
    seed: int = 0,
    resamples: int = 1000,
) -> dict[str, tuple[GroupMetrics, ...]]:
    """For each field the results of its groups that are not empty; `protected` must be of the same applicants."""
    mass, accepted = judged.weight, judged.probability < threshold

    def metrics(chosen: NDArray[np.bool_]) -> dict[str, Interval]:
        return figures(Sample.of(judged.take(chosen), threshold, costs), seed, resamples)

    groups = {}
    for members in protected:
        sizes = np.bincount(members.group, minlength=len(members.names))
        total = np.bincount(members.group, mass, len(sizes))
        approved = np.bincount(members.group, mass * accepted, len(sizes)) / np.where(sizes > 0, total, 1.0)
        large = [
            size >= YARDSTICK * mass.size and name != MISSING for size, name in zip(sizes, members.names, strict=True)
        ]
        best = approved[large].max(initial=0.0)
        groups[members.field] = tuple(
            GroupMetrics(
                field=members.field,
                name=members.names[place],
                rows=int(sizes[place]),
                defaults=int(judged.outcome[members.group == place].sum()),
                approval_ratio=float(approved[place] / best) if best else 1.0,
                metrics=metrics(members.group == place),
            )
            for place in np.flatnonzero(sizes)
        )
    return groups
