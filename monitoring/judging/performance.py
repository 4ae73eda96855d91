"""How good probabilities were where outcomes are known, against how good they were on the hold-out.

Every figure is a weighted mean with a standard error of its own, so a cohort and a hold-out, which share no row, are
compared by the difference over the root of the sum of both squared errors. Worse means: at one chance in a hundred.

A default rate that moved makes any log loss move. So the ranking is judged by AUC and by the log loss with three
differences taken away: the hold-out is given the cohort's default rate, and both are recalibrated on themselves. What
remains is what no recalibration cures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from training.bundle import Costs, Interval

Floats = npt.NDArray[np.float64]

ONE_SIDED = 2.326
"""The normal deviate of one chance in a hundred."""
TWO_DEGREES = 9.210
"""Likewise of chi-squared with two degrees of freedom."""
COSTS_ENOUGH = 0.005
"""Share of the log loss that recalibrating must save before the calibration counts as worse: default rates off by about
a fifth. Large cohorts see smaller faults, which change few decisions."""
FEWEST = 30
"""Of either outcome; with fewer nothing is called worse, since no standard error can be trusted."""

_TINY = 1e-15
_RIDGE = 1e-9
_STEPS = 50


class CohortEstimate(NamedTuple):
    """A figure and its standard error."""

    value: float
    error: float

    def interval(self, low: float = -math.inf, high: float = math.inf) -> Interval:
        """With its 95 % interval, cut at what the figure can be."""
        reach = 1.96 * self.error
        return Interval(value=self.value, low=max(low, self.value - reach), high=min(high, self.value + reach))


@dataclass(frozen=True)
class Labelled:
    """Applications with known outcomes: all [n]."""

    probability: Floats
    defaulted: npt.NDArray[np.bool_]
    refused: npt.NDArray[np.bool_]
    weight: Floats

    def take(self, chosen: npt.NDArray[np.bool_]) -> Labelled:
        """Those of a mask."""
        return Labelled(self.probability[chosen], self.defaulted[chosen], self.refused[chosen], self.weight[chosen])

    @property
    def judgeable(self) -> bool:
        """Whether there is enough of either outcome to call anything worse."""
        defaults = int(self.defaulted.sum())
        return FEWEST <= defaults <= len(self.defaulted) - FEWEST


def expected_log_loss(probability: Floats) -> float:
    """If the probabilities hold: the mean of their own entropies."""
    p = np.clip(probability, _TINY, 1 - _TINY)
    return float(-(p * np.log(p) + (1 - p) * np.log1p(-p)).mean())


def expected_auc(probability: Floats) -> float:
    """Expected AUC if the model is calibrated; 0.5 if either total of weights is zero.

    Each applicant counts as a default with weight p and as a repayment with weight 1 - p.
    """
    return _auc(probability, probability, probability, 1 - probability)[0]


def log_loss(rows: Labelled) -> CohortEstimate:
    """Mean of -log of the probability given to what happened."""
    return _mean(_losses(_log_odds(rows.probability), rows.defaulted), rows.weight)


def auc(rows: Labelled) -> CohortEstimate:
    """Chance that a default was ranked above a repayment; 0.5 with error 0.5 unless both happened.

    The error is that of DeLong, DeLong and Clarke-Pearson (1988), with weights.
    """
    bad, good = rows.take(rows.defaulted), rows.take(~rows.defaulted)
    if not len(bad.weight) or not len(good.weight):
        return CohortEstimate(0.5, 0.5)
    value, of_bad, of_good = _auc(bad.probability, good.probability, bad.weight, good.weight)
    return CohortEstimate(value, math.hypot(_mean(of_bad, bad.weight).error, _mean(of_good, good.weight).error))


def observed_expected(rows: Labelled) -> CohortEstimate:
    """Defaults that happened over the sum of the probabilities."""
    expected = float((rows.weight * rows.probability).sum())
    residual = rows.weight * (rows.defaulted - rows.probability)
    return CohortEstimate(1 + float(residual.sum()) / expected, math.sqrt(float((residual**2).sum())) / expected)


def cost(rows: Labelled, costs: Costs) -> CohortEstimate:
    """Per applicant: `costs.fn` for each accepted who defaulted, `costs.fp` for each refused who repaid."""
    each = costs.fn * (rows.defaulted & ~rows.refused) + costs.fp * (~rows.defaulted & rows.refused)
    return _mean(each, rows.weight)


def calibration_worse(rows: Labelled, reference: Labelled) -> bool:
    """Whether the probabilities moved away from what happens, surely and enough to matter.

    Surely: intercept and slope of the logistic regression of outcomes on log-odds (Cox, Two further applications of a
    model for binary regression, 1958) are other ones than on the hold-out: a Wald test of both with errors that hold
    for weights. Not against 0 and 1, because what was off when the version was promoted is not news. Enough:
    recalibrating on these rows would save COSTS_ENOUGH of their log loss.
    """
    if not (rows.judgeable and reference.judgeable):
        return False
    fit, variance = _refit(rows.probability, rows.defaulted, rows.weight)
    then, then_variance = _refit(reference.probability, reference.defaulted, reference.weight)
    moved = fit - then
    statistic = float(moved @ np.linalg.pinv(variance + then_variance) @ moved)
    now = log_loss(rows).value
    return statistic > TWO_DEGREES and now - recalibrated_log_loss(rows).value > COSTS_ENOUGH * now


def ranking_worse(rows: Labelled, reference: Labelled) -> bool:
    """Whether AUC is below the hold-out's."""
    if not (rows.judgeable and reference.judgeable):
        return False
    now, then = auc(rows), auc(reference)
    return then.value - now.value > ONE_SIDED * math.hypot(now.error, then.error)


def log_loss_worse(rows: Labelled, reference: Labelled) -> bool:
    """Whether log loss is above the hold-out's by what neither the default rate nor recalibrating explains."""
    if not (rows.judgeable and reference.judgeable):
        return False
    excess = _excess(rows, reference)
    return excess.value > ONE_SIDED * excess.error


def recalibrated_log_loss(rows: Labelled) -> CohortEstimate:
    """Log loss if the probabilities were recalibrated on the same rows."""
    return _mean(_recalibrated(rows.probability, rows.defaulted, rows.weight), rows.weight)


def by_tenths(rows: Labelled, bins: int = 10) -> tuple[tuple[float, float, int], ...]:
    """Mean probability, default rate and rows of about equally many rows each; equal probabilities stay together."""
    order = np.argsort(rows.probability, kind="stable")
    ascending, weight = rows.probability[order], rows.weight[order]
    wanted = ascending[np.linspace(0, len(ascending), min(bins, len(ascending)), endpoint=False).astype(int)]
    starts = np.unique(np.searchsorted(ascending, wanted))
    total, expected, observed = (
        np.add.reduceat(values, starts) for values in (weight, weight * ascending, weight * rows.defaulted[order])
    )
    sizes = np.diff(starts, append=len(ascending))
    return tuple(zip((expected / total).tolist(), (observed / total).tolist(), sizes.tolist(), strict=True))


def _excess(rows: Labelled, reference: Labelled) -> CohortEstimate:
    """Log loss of both recalibrated on themselves, the reference at the default rate of the rows; the difference.

    That the parameters were fitted moves neither log loss in the first order: it is at its minimum there. With the
    default rate the same on both sides, what varies is the mean loss within each outcome.
    """
    rate = float(np.average(rows.defaulted, weights=rows.weight))
    then = float(np.average(reference.defaulted, weights=reference.weight))
    tilted = reference.weight * np.where(reference.defaulted, rate / then, (1 - rate) / (1 - then))
    value = variance = 0.0
    for sign, part, weight in ((1, rows, rows.weight), (-1, reference, tilted)):
        losses = _recalibrated(part.probability, part.defaulted, weight)
        for outcome, share in ((True, rate), (False, 1 - rate)):
            chosen = part.defaulted == outcome
            mean = _mean(losses[chosen], weight[chosen])
            value += sign * share * mean.value
            variance += (share * mean.error) ** 2
    return CohortEstimate(value, math.sqrt(variance))


def _recalibrated(probability: Floats, defaulted: npt.NDArray[np.bool_], weight: Floats) -> Floats:
    """Losses [n] after the recalibration that makes their weighted mean least."""
    fit, _ = _refit(probability, defaulted, weight)
    return _losses(_design(probability) @ fit, defaulted)


def _refit(probability: Floats, defaulted: npt.NDArray[np.bool_], weight: Floats) -> tuple[Floats, Floats]:
    """Intercept and slope [2] of outcomes on log-odds, by Newton's method, and their variance [2, 2] (a sandwich).

    As a GLM of statsmodels with HC0 errors, whose import doubles the monitor's memory and the time of its start.
    """
    design, share = _design(probability), weight / weight.sum()
    fit = np.array([0.0, 1.0])
    loss = float(share @ _losses(design @ fit, defaulted))
    for _ in range(_STEPS):
        p = _sigmoid(design @ fit)
        # The ridge keeps the step finite where all probabilities are equal.
        curvature = (design.T * (share * p * (1 - p))) @ design + _RIDGE * np.eye(2)
        step = np.linalg.solve(curvature, design.T @ (share * (p - defaulted)))
        tried = float(share @ _losses(design @ (fit - step), defaulted))
        while tried > loss and np.abs(step).max() > _RIDGE:
            step = step / 2
            tried = float(share @ _losses(design @ (fit - step), defaulted))
        if loss - tried < _RIDGE:
            break
        fit, loss = fit - step, tried
    inverse = np.linalg.inv(curvature)
    spread = (design.T * (share * (defaulted - p)) ** 2) @ design
    return fit, inverse @ spread @ inverse


def _design(probability: Floats) -> Floats:
    odds = _log_odds(probability)
    return np.column_stack([np.ones_like(odds), odds])


def _auc(above: Floats, below: Floats, above_weight: Floats, below_weight: Floats) -> tuple[float, Floats, Floats]:
    """AUC, and for each of `above` the share of `below` under it, for each of `below` that of `above` over it."""
    total_above, total_below = above_weight.sum(), below_weight.sum()
    if total_above <= 0 or total_below <= 0:
        return 0.5, np.full(len(above), 0.5), np.full(len(below), 0.5)
    under = _below(above, below, below_weight) / total_below
    over = 1 - _below(below, above, above_weight) / total_above
    return float((above_weight * under).sum() / total_above), under, over


def _below(values: Floats, others: Floats, weight: Floats) -> Floats:
    """The weight of others below each value [n], that of equal ones half."""
    order = np.argsort(others, kind="stable")
    sums = np.concatenate([[0.0], np.cumsum(weight[order])])
    ascending = others[order]
    left, right = (np.searchsorted(ascending, values, side=side) for side in ("left", "right"))
    found: Floats = (sums[left] + sums[right]) / 2
    return found


def _mean(values: Floats | npt.NDArray[np.int64], weight: Floats) -> CohortEstimate:
    """Weighted mean; the error counts every row as drawn by itself (Hájek)."""
    total = float(weight.sum())
    mean = float((weight * values).sum()) / total
    return CohortEstimate(mean, math.sqrt(float(((weight * (values - mean)) ** 2).sum())) / total)


def _losses(odds: Floats, defaulted: npt.NDArray[np.bool_]) -> Floats:
    """-log of the probability of what happened, from log-odds."""
    losses: Floats = np.logaddexp(0.0, np.where(defaulted, -odds, odds))
    return losses


def _log_odds(probability: Floats) -> Floats:
    p = np.clip(probability, _TINY, 1 - _TINY)
    odds: Floats = np.log(p) - np.log1p(-p)
    return odds


def _sigmoid(odds: Floats) -> Floats:
    p: Floats = np.exp(-np.logaddexp(0.0, -odds))
    return p
