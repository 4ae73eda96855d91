"""Whether a version treats protected groups as well as the law and the champion do.

Two limits, each on what a group's approval rate is to the best group's of its field: four fifths, and 0.02 below the
champion's. A figure beyond a limit by chance alone refuses nobody: the shortfall must be beyond its noise as well, as
29 CFR 1607.4 D has it for the four fifths. Of ages only the elderly are judged, for a lender may use age in a model
derived from data as long as it does not disadvantage them (12 CFR 1002.6(b)(2)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from flows.figures import Criterion, Estimate

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NAME = "protected groups"
FOUR_FIFTHS = 0.8
CHANGE = 0.02
"""How far below the champion's a group's ratio may fall."""
FEWEST = 100
"""Applications of a group that is judged or is a yardstick."""
ELDERLY_YEARS = 62
ELDERLY, YOUNGER = f"{ELDERLY_YEARS} and older", f"younger than {ELDERLY_YEARS}"


@dataclass(frozen=True)
class Protected:
    """A protected field with the group of each application [n]."""

    field: str
    groups: npt.NDArray[np.str_]
    judged: tuple[str, ...] | None = None
    """The groups that must not fare worse; None is all."""


@dataclass(frozen=True)
class _Rated:
    """How often a group is accepted as a share of how often the best one is, and what the champion changes of that."""

    name: str
    ratio: Estimate
    change: Estimate | None
    """From the champion's ratio to the challenger's; None without a champion."""


def by_age(days_birth: Floats) -> npt.NDArray[np.str_]:
    """Groups by age from days of birth [n], which are negative; missing is its own group."""
    groups = np.where(days_birth <= -ELDERLY_YEARS * 365.25, ELDERLY, YOUNGER)
    return np.where(np.isnan(days_birth), "missing", groups)


def judge(protected: Sequence[Protected], challenger: Bools, champion: Bools | None) -> Criterion:
    """(e) by both models' decisions [n]; without a champion only the four fifths are asked for."""
    rated = [_rate(one, name, challenger, champion) for one in protected for name in _judged(one)]
    if not rated:
        return Criterion(name=NAME, passed=True, sentence=f"no group has {FEWEST} applications")
    # several groups have several chances to fall by chance
    z = NormalDist().inv_cdf(1 - 0.025 / len(rated))
    low = [f"{_told(one)}, at least {FOUR_FIFTHS} is needed" for one in rated if _low(one)]
    fallen = [
        f"{_told(one)}, {-one.change.figure:.3f} less than by the champion, at most {CHANGE} is allowed"
        for one in rated
        if one.change is not None and one.change.figure < -CHANGE and one.change.figure + z * one.change.error < 0
    ]
    lowest = min(rated, key=lambda one: one.ratio.figure)
    sentence = "; ".join(low + fallen) or f"the lowest of {len(rated)} groups: {_told(lowest)}"
    return lowest.ratio.criterion(NAME, not low and not fallen, FOUR_FIFTHS, sentence)


def _low(one: _Rated) -> bool:
    return one.ratio.figure < FOUR_FIFTHS and one.ratio.high < 1


def _told(one: _Rated) -> str:
    return f"{one.name} is accepted {one.ratio.figure:.2f} times as often as the best group"


def _large(protected: Protected) -> list[str]:
    names, counts = np.unique(protected.groups, return_counts=True)
    return [str(name) for name, count in zip(names, counts, strict=True) if count >= FEWEST]


def _judged(protected: Protected) -> list[str]:
    return [name for name in _large(protected) if protected.judged is None or name in protected.judged]


def _rate(protected: Protected, name: str, challenger: Bools, champion: Bools | None) -> _Rated:
    members = protected.groups == name
    yardsticks = [protected.groups == other for other in _large(protected)]
    ratio, influence = _ratio(members, yardsticks, challenger)
    told = f"{protected.field} {name}"
    if champion is None:
        return _Rated(told, Estimate.of(ratio, float(np.linalg.norm(influence))), None)
    before, influence_before = _ratio(members, yardsticks, champion)
    change = Estimate.of(ratio - before, float(np.linalg.norm(influence - influence_before)))
    return _Rated(told, Estimate.of(ratio, float(np.linalg.norm(influence))), change)


def _ratio(members: Bools, yardsticks: Sequence[Bools], accepts: Bools) -> tuple[float, Floats]:
    """A group's approval rate over the best's, and each application's influence [n] on it: their norm is its error."""
    best = max(yardsticks, key=lambda group: float(accepts[group].mean()))
    rate, highest = float(accepts[members].mean()), float(accepts[best].mean())
    if highest == 0:
        return 1.0, np.zeros(len(accepts))
    own = np.where(members, (accepts - rate) / members.sum(), 0.0)
    theirs = np.where(best, (accepts - highest) / best.sum(), 0.0)
    return rate / highest, (own - rate / highest * theirs) / highest
