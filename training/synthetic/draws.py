"""Ranks: how a score, whatever its scale, becomes a share of the population between 0 and 1.

Every column is drawn in two steps: a score says who has more of it than whom (this is where factors of the client and
the other columns of the row come in), and the column's published distribution says how much that is. In between stands
the score's own distribution. It depends on all that the score was made of, so it is not computed but measured once on a
large draw and kept as knots.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from training.synthetic.columns import Floats

LEVELS = np.unique(
    np.concatenate([[0.0, 0.0005, 0.002, 0.005, 0.995, 0.998, 0.9995, 1.0], np.linspace(0.01, 0.99, 50)])
)
"""Shares at which a score's distribution is kept."""

_NORMAL_GRID = np.linspace(-6.0, 6.0, 4801)
_NORMAL_CDF = np.array([0.5 * math.erfc(-z / math.sqrt(2.0)) for z in _NORMAL_GRID])


def normal_share(z: Floats) -> Floats:
    """Standard normal distribution function, to 1e-6."""
    return np.asarray(np.interp(z, _NORMAL_GRID, _NORMAL_CDF))


def normal_score(share: Floats) -> Floats:
    """Inverse of `normal_share`."""
    return np.asarray(np.interp(share, _NORMAL_CDF, _NORMAL_GRID))


@dataclass(frozen=True)
class Ranks:
    """Distributions of scores by name: their values at LEVELS."""

    knots: Mapping[str, Floats]

    def share(self, name: str, score: Floats) -> Floats:
        """The share of the population whose score is lower."""
        return np.asarray(np.interp(score, self.knots[name], LEVELS))


@dataclass(frozen=True)
class MeasuringRanks(Ranks):
    """Measures each distribution at its first use instead of knowing it."""

    knots: dict[str, Floats] = field(default_factory=dict)

    def share(self, name: str, score: Floats) -> Floats:
        """The share of these scores that is lower; their distribution is kept under `name`."""
        if name not in self.knots:
            spaced = np.quantile(score, LEVELS)
            self.knots[name] = spaced + np.arange(len(spaced)) * 1e-9
        return super().share(name, score)
