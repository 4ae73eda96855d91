"""Compares a version's treatment of protected groups with the law's limit and with the champion.

A group's ratio is its approval rate over that of the best group of its field. There are two limits. The ratio must be
at least four fifths (29 CFR 1607.4 D), and at most 0.02 below the champion's. In a small group, two equally fair models
can differ by 0.02 by chance. So a fall leads to a refusal only if it is also larger than its noise.
`training.bundle.groups` defines which groups a field has, and which of them are judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from flows.gate.estimates import Estimate, length
from training.bundle.groups import FOUR_FIFTHS, MISSING, Members
from training.registry.trail import Criterion

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NAME = "protected groups"
CHANGE = 0.02
"""How far a group's ratio may fall below the champion's."""
FEWEST = 100
"""Fewest applications of a group that is judged or that others are compared with."""


@dataclass(frozen=True)
class _Cells:
    """A field's applications, counted by group and by both decisions; all arrays are [k].

    The counts give the same results as single applications, and are much fewer.
    """

    group: npt.NDArray[np.intp]
    challenger: Bools
    champion: Bools
    count: Floats


@dataclass(frozen=True)
class Rated:
    """A group's approval rate over that of the best group, and the change of this ratio from the champion."""

    field: str
    group: str
    ratio: Estimate
    change: Estimate


def judge_groups(protected: Sequence[Members], challenger: Bools, champion: Bools | None) -> Criterion:
    """(e): judge by both models' decisions [n]. Without a champion, only the limit of four fifths applies."""
    old = challenger if champion is None else champion
    rated = rate(protected, challenger, old)
    left_out = {group.field for group in protected} - {group.field for group in rated}
    too_few = f"fewer than two groups have {FEWEST} applications, or none that is judged: {', '.join(sorted(left_out))}"
    if not rated:
        return Criterion(name=NAME, passed=True, sentence=too_few if left_out else "no field is protected")
    # With several groups, it is more likely that one falls by chance.
    z = NormalDist().inv_cdf(1 - 0.025 / len(rated))
    low = [
        f"{_sentence(group)}, at least {FOUR_FIFTHS} is needed" for group in rated if group.ratio.figure < FOUR_FIFTHS
    ]
    fallen = [
        f"{_sentence(group)}, {-group.change.figure:.3f} less than by the champion, at most {CHANGE} is allowed"
        for group in rated
        if group.change.figure < -CHANGE and group.change.figure + z * group.change.error < 0
    ]
    lowest = min(rated, key=lambda group: group.ratio.figure)
    worse = low + fallen or [f"the lowest of {len(rated)} groups: {_sentence(lowest)}"]
    sentence = "; ".join([*worse, too_few] if left_out else worse)
    return lowest.ratio.criterion(NAME, not low and not fallen, FOUR_FIFTHS, sentence)


def rate(protected: Sequence[Members], challenger: Bools, champion: Bools) -> list[Rated]:
    """The ratios of each judged group that is large enough, by both models' decisions [n]."""
    return [rated for members in protected for rated in _rate(members, challenger, champion)]


def _sentence(rated: Rated) -> str:
    return f"{rated.field} {rated.group} is accepted {rated.ratio.figure:.2f} times as often as the best group"


def _rate(protected: Members, challenger: Bools, champion: Bools) -> Iterator[Rated]:
    cells = _count(protected, challenger, champion)
    sizes = np.bincount(cells.group, cells.count)
    large = [group for group in np.flatnonzero(sizes >= FEWEST) if protected.names[group] != MISSING]
    if len(large) < 2:
        return
    for group in large:
        name = protected.names[group]
        if name not in protected.judged:
            continue
        ratio, influence = _ratio(cells, group, large, cells.challenger)
        before, influence_before = _ratio(cells, group, large, cells.champion)
        change = Estimate.of(ratio - before, _error(influence - influence_before, cells))
        yield Rated(protected.field, name, Estimate.of(ratio, _error(influence, cells)), change)


def _count(protected: Members, challenger: Bools, champion: Bools) -> _Cells:
    counts = np.bincount(protected.group * 4 + challenger * 2 + champion, minlength=4 * len(protected.names))
    group, decisions = np.divmod(np.arange(len(counts)), 4)
    return _Cells(group, decisions >= 2, decisions % 2 == 1, counts.astype(float))


def _ratio(cells: _Cells, group: Any, yardsticks: Sequence[np.intp], accepts: Bools) -> tuple[float, Floats]:
    """A group's approval rate over the best group's, and the influence of an application of each cell [k] on it."""
    sizes = np.bincount(cells.group, cells.count)
    rates = np.bincount(cells.group, cells.count * accepts) / np.maximum(sizes, 1)  # a group may be empty
    best = max(yardsticks, key=lambda other: float(rates[other]))
    if rates[best] == 0:
        return 1.0, np.zeros(len(accepts))
    ratio = float(rates[group] / rates[best])
    share = (accepts - rates[cells.group]) / np.maximum(sizes, 1)[cells.group] / rates[best]
    return ratio, np.where(cells.group == group, share, 0.0) - np.where(cells.group == best, ratio * share, 0.0)


def _error(influence: Floats, cells: _Cells) -> float:
    return length(influence * np.sqrt(cells.count))
