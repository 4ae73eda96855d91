"""How protected groups fared, each with the metrics of everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from training.bundle import Interval
from training.bundle.groups import MISSING, YARDSTICK, Members
from training.evaluation import Sample, figures
from training.policy import checked, weights


@dataclass(frozen=True)
class Group:
    """How one group fared."""

    field: str
    name: str
    rows: int
    defaults: int
    approval_ratio: float
    """Approval rate over the highest of any group of its field that holds YARDSTICK of the rows."""
    metrics: dict[str, Interval]
    """As for everybody; without those that need both classes where there is one."""


def by_group(
    outcome: ArrayLike,
    probability: ArrayLike,
    protected: Sequence[Members],
    threshold: float,
    cost_fn: float = 10.0,
    cost_fp: float = 1.0,
    seed: int = 0,
    resamples: int = 1000,
    weight: ArrayLike | None = None,
) -> dict[str, tuple[Group, ...]]:
    """For each field, those of its groups that somebody belongs to."""
    probabilities, defaulted = checked(probability, outcome)
    mass = weights(weight, defaulted.size)

    def metrics(chosen: NDArray[np.bool_]) -> dict[str, Interval]:
        rows = defaulted[chosen], probabilities[chosen], mass[chosen]
        return figures(Sample.of(*rows, threshold, cost_fn, cost_fp), seed, resamples)

    accepted = probabilities < threshold
    found = {}
    for members in protected:
        if members.group.shape != defaulted.shape:
            raise ValueError(f"{members.field}: expected {defaulted.size} group labels; got {members.group.size}")
        sizes = np.bincount(members.group, minlength=len(members.names))
        total = np.bincount(members.group, mass, len(sizes))
        approved = np.bincount(members.group, mass * accepted, len(sizes)) / np.where(sizes > 0, total, 1.0)
        large = [
            size >= YARDSTICK * mass.size and name != MISSING for size, name in zip(sizes, members.names, strict=True)
        ]
        best = approved[large].max(initial=0.0)
        found[members.field] = tuple(
            Group(
                field=members.field,
                name=members.names[place],
                rows=int(sizes[place]),
                defaults=int(defaulted[members.group == place].sum()),
                approval_ratio=float(approved[place] / best) if best else 1.0,
                metrics=metrics(members.group == place),
            )
            for place in np.flatnonzero(sizes)
        )
    return found
