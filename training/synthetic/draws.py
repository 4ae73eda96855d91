"""Ranks: the conversion of a score on any scale into a share of the population between 0 and 1.

Every column is drawn in two steps. First a score orders the rows; it depends on factors of the client and on other
columns of the row. Then the column's published distribution turns the order into values. Between the two steps, the
distribution of the score is necessary. It depends on all inputs of the score, so it is not computed. It is measured
once on a large draw and stored as knots.
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
"""Shares at which the distribution of a score is stored."""

_NORMAL_GRID = np.linspace(-6.0, 6.0, 4801)
_NORMAL_CDF = np.array([0.5 * math.erfc(-z / math.sqrt(2.0)) for z in _NORMAL_GRID])


def normal_share(z: Floats) -> Floats:
    """Standard normal distribution function, with an error of at most 1e-6."""
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
    """Ranks that measure each distribution at its first use."""

    knots: dict[str, Floats] = field(default_factory=dict)

    def share(self, name: str, score: Floats) -> Floats:
        """The share of the scores that is lower; the first call stores their distribution under `name`."""
        if name not in self.knots:
            spaced = np.quantile(score, LEVELS)
            self.knots[name] = spaced + np.arange(len(spaced)) * 1e-9
        return super().share(name, score)
