"""Figures with their 95 % intervals, and the criteria that they decide."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.registry.trail import Criterion

Floats = npt.NDArray[np.float64]

Z = 1.96
"""Number of standard errors to the 97.5th percentile."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval and standard error."""

    figure: float
    low: float
    high: float
    error: float

    @classmethod
    def of(cls, figure: float, error: float) -> Estimate:
        """An estimate with the interval of the normal approximation."""
        return cls(figure, figure - Z * error, figure + Z * error, error)

    def on_log_scale(self) -> Estimate:
        """The estimate with the interval of its logarithm: half and double are equally far. For figures above 0."""
        factor = math.exp(Z * self.error / self.figure)
        return Estimate(self.figure, self.figure / factor, self.figure * factor, self.error)

    def __format__(self, form: str) -> str:
        """The figure and its interval, each in the format `form`."""
        figure, low, high = (format(value, form) for value in (self.figure, self.low, self.high))
        return f"{figure} ({low} to {high})"

    def criterion(self, name: str, passed: bool, limit: float, sentence: str) -> Criterion:
        """The criterion that this figure decides."""
        figure, low, high = (float(value) for value in (self.figure, self.low, self.high))
        return Criterion(
            name=name, passed=bool(passed), figure=figure, low=low, high=high, limit=limit, sentence=sentence
        )


def weighted_mean(values: Floats, weight: Floats) -> Estimate:
    """The mean of values [n] with weights [n], for a sample that was drawn with probabilities 1/weight.

    Source of the error: Särndal, Swensson and Wretman, Model Assisted Survey Sampling (1992), section 5.7.
    """
    total = float(weight.sum())
    mean = float((weight * values).sum()) / total
    return Estimate.of(mean, length(weight * (values - mean)) / total)


def ratio(above: Floats, below: Floats, weight: Floats) -> Estimate | None:
    """The ratio of two weighted sums over the same rows [n], linearised; None if the denominator is 0."""
    total = float((weight * below).sum())
    if total == 0:
        return None
    figure = float((weight * above).sum()) / total
    return Estimate.of(figure, length(weight * (above - figure * below)) / total)


def length(influence: Floats) -> float:
    """The root of the sum of squares; from each row's influence [n] on a figure, this is the figure's error."""
    # Not with BLAS: at these sizes, its threads cost more than they save.
    return math.sqrt(float(np.square(influence).sum()))
