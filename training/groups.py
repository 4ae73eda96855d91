"""How protected groups fared, each with the metrics of everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from training.bundle import Interval
from training.evaluation import Sample, figures
from training.policy import Floats, checked, weights

REFERENCE_SHARE = 0.02
"""A group smaller than this is no yardstick for others' approval rates.

Source: Uniform Guidelines on Employee Selection Procedures (29 CFR 1607.4), which also has the four-fifths rule.
"""

MISSING = "missing"
"""The group of those whose protected field is missing."""


@dataclass(frozen=True)
class Group:
    """How one group fared."""

    field: str
    name: str
    rows: int
    defaults: int
    approval_ratio: float
    """Approval rate over the highest of any group of its field that holds REFERENCE_SHARE of the rows."""
    metrics: dict[str, Interval]
    """As for everybody; without those that need both classes where there is one."""


def by_group(
    outcome: ArrayLike,
    probability: ArrayLike,
    groups: Mapping[str, ArrayLike],
    threshold: float,
    cost_fn: float = 10.0,
    cost_fp: float = 1.0,
    seed: int = 0,
    resamples: int = 1000,
    weight: ArrayLike | None = None,
) -> dict[str, tuple[Group, ...]]:
    """For each field, its groups by name; `groups` holds a label [n] for each applicant, "" if missing."""
    probabilities, defaulted = checked(probability, outcome)
    mass = weights(weight, defaulted.size)

    def metrics(chosen: NDArray[np.bool_]) -> dict[str, Interval]:
        rows = defaulted[chosen], probabilities[chosen], mass[chosen]
        return figures(Sample.of(*rows, threshold, cost_fn, cost_fp), seed, resamples)

    found = {}
    for field, labels in groups.items():
        given = np.asarray(labels, dtype=np.str_)
        names = np.where(given == "", MISSING, given)
        if names.shape != defaulted.shape:
            raise ValueError(f"{field}: expected {defaulted.size} group labels; got {names.size}")
        accepted = probabilities < threshold
        best = _best_approval(names, accepted, mass)
        found[field] = tuple(
            Group(
                field=field,
                name=name,
                rows=int(chosen.sum()),
                defaults=int(defaulted[chosen].sum()),
                approval_ratio=float(np.average(accepted[chosen], weights=mass[chosen])) / best if best else 1.0,
                metrics=metrics(chosen),
            )
            for name, chosen in ((str(name), names == name) for name in np.unique(names))
        )
    return found


def age_group(days_birth: ArrayLike) -> NDArray[np.str_]:
    """Decade of age, as `30-39`, from DAYS_BIRTH: days relative to the application, so negative."""
    decades = np.floor(np.asarray(days_birth, dtype=np.float64) / -3652.5)
    return np.array([MISSING if np.isnan(ten) else f"{ten:.0f}0-{ten:.0f}9" for ten in decades], dtype=np.str_)


def _best_approval(names: NDArray[np.str_], accepted: NDArray[np.bool_], weight: Floats) -> float:
    """The highest approval rate of a group large enough to compare with."""
    groups = [names == name for name in np.unique(names)]
    large = [group for group in groups if group.sum() >= REFERENCE_SHARE * accepted.size]
    return max(float(np.average(accepted[group], weights=weight[group])) for group in large)
