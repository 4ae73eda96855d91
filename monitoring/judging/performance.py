"""Compares the quality of the probabilities in a cohort, where outcomes are known, with their quality on the hold-out.

Every figure is a weighted mean with its standard error. A cohort and a hold-out share no row. So they are compared by
the difference over the root of the sum of both squared errors. Worse means: significant at 1 %.

When the default rate changes, the log loss changes too. So the ranking is judged by AUC, and by the log loss without
three differences: the hold-out gets the cohort's default rate, and both are recalibrated on their own rows. No
recalibration can remove the difference that remains.
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
"""Quantile of the normal distribution for a one-sided test at 1 %."""
TWO_DEGREES = 9.210
"""Quantile of chi-squared with two degrees of freedom for a test at 1 %."""
COSTS_ENOUGH = 0.005
"""Share of the log loss that recalibrating must save before the calibration counts as worse: default rates wrong by
about a fifth. Large cohorts show smaller faults too, but these change few decisions."""
FEWEST = 30
"""Fewest rows of either outcome. With fewer, nothing counts as worse, because the standard errors are not reliable."""

_TINY = 1e-15
_RIDGE = 1e-9
_STEPS = 50


class CohortEstimate(NamedTuple):
    """A figure and its standard error."""

    value: float
    error: float

    def interval(self, low: float = -math.inf, high: float = math.inf) -> Interval:
        """The figure with its 95 % interval, limited to the figure's possible values `low` to `high`."""
        reach = 1.96 * self.error
        return Interval(value=self.value, low=max(low, self.value - reach), high=min(high, self.value + reach))


@dataclass(frozen=True)
class Labelled:
    """Applications with known outcomes; all arrays are [n]."""

    probability: Floats
    defaulted: npt.NDArray[np.bool_]
    refused: npt.NDArray[np.bool_]
    weight: Floats

    def take(self, chosen: npt.NDArray[np.bool_]) -> Labelled:
        """The rows that a mask [n] selects."""
        return Labelled(self.probability[chosen], self.defaulted[chosen], self.refused[chosen], self.weight[chosen])

    @property
    def judgeable(self) -> bool:
        """Whether there are enough rows of either outcome to call anything worse."""
        defaults = int(self.defaulted.sum())
        return FEWEST <= defaults <= len(self.defaulted) - FEWEST


def expected_log_loss(probability: Floats) -> float:
    """Expected log loss if the model is calibrated: the mean entropy of the probabilities."""
    p = np.clip(probability, _TINY, 1 - _TINY)
    return float(-(p * np.log(p) + (1 - p) * np.log1p(-p)).mean())


def expected_auc(probability: Floats) -> float:
    """Expected AUC if the model is calibrated; 0.5 if either total of weights is zero.

    Each applicant counts as a default with weight p and as a repayment with weight 1 - p.
    """
    return _auc(probability, probability, probability, 1 - probability)[0]


def log_loss(rows: Labelled) -> CohortEstimate:
    """Mean of -log of the probability that the model gave to the actual outcome."""
    return _mean(_losses(_log_odds(rows.probability), rows.defaulted), rows.weight)


def auc(rows: Labelled) -> CohortEstimate:
    """Chance that a default is ranked above a repayment; 0.5 with error 0.5 if either outcome is missing.

    The error is that of DeLong, DeLong and Clarke-Pearson (1988), with weights.
    """
    bad, good = rows.take(rows.defaulted), rows.take(~rows.defaulted)
    if not len(bad.weight) or not len(good.weight):
        return CohortEstimate(0.5, 0.5)
    value, of_bad, of_good = _auc(bad.probability, good.probability, bad.weight, good.weight)
    return CohortEstimate(value, math.hypot(_mean(of_bad, bad.weight).error, _mean(of_good, good.weight).error))


def observed_expected(rows: Labelled) -> CohortEstimate:
    """Observed defaults over the sum of the probabilities."""
    expected = float((rows.weight * rows.probability).sum())
    residual = rows.weight * (rows.defaulted - rows.probability)
    return CohortEstimate(1 + float(residual.sum()) / expected, math.sqrt(float((residual**2).sum())) / expected)


def cost(rows: Labelled, costs: Costs) -> CohortEstimate:
    """Cost per applicant: `costs.fn` for each accepted who defaulted, `costs.fp` for each refused who repaid."""
    each = costs.fn * (rows.defaulted & ~rows.refused) + costs.fp * (~rows.defaulted & rows.refused)
    return _mean(each, rows.weight)


def calibration_worse(rows: Labelled, reference: Labelled) -> bool:
    """Whether the calibration is worse than on the hold-out, significantly and by enough to matter.

    Significantly: intercept and slope of the logistic regression of outcomes on log-odds differ from the hold-out's
    (Cox, Two further applications of a model for binary regression, 1958). A Wald test compares both, with errors that
    are valid for weights. The test is not against 0 and 1, because a fault that the promoted version already had is not
    news. Enough: recalibrating on these rows would save COSTS_ENOUGH of their log loss.
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
    """Whether log loss is above the hold-out's by more than the default rate and recalibrating explain."""
    if not (rows.judgeable and reference.judgeable):
        return False
    excess = _excess(rows, reference)
    return excess.value > ONE_SIDED * excess.error


def recalibrated_log_loss(rows: Labelled) -> CohortEstimate:
    """Log loss if the probabilities were recalibrated on the same rows."""
    return _mean(_recalibrated(rows.probability, rows.defaulted, rows.weight), rows.weight)


def by_tenths(rows: Labelled, bins: int = 10) -> tuple[tuple[float, float, int], ...]:
    """Mean probability, default rate and number of rows, by groups of similar size in order of probability.

    Rows with equal probabilities stay in one group.
    """
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
    """Log loss of the rows minus that of the reference, after three changes.

    Both are recalibrated on their own rows, and the reference is weighted to the default rate of the rows. Fitting the
    parameters changes neither log loss in the first order, because each is at its minimum. Both sides have the same
    default rate, so only the mean loss within each outcome varies.
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
    """Losses [n] after the recalibration that minimises their weighted mean."""
    fit, _ = _refit(probability, defaulted, weight)
    return _losses(_design(probability) @ fit, defaulted)


def _refit(probability: Floats, defaulted: npt.NDArray[np.bool_], weight: Floats) -> tuple[Floats, Floats]:
    """Intercept and slope [2] of outcomes on log-odds, by Newton's method, and their variance [2, 2] (a sandwich).

    This equals a GLM of statsmodels with HC0 errors, but importing statsmodels doubles the monitor's memory and start
    time.
    """
    design, share = _design(probability), weight / weight.sum()
    fit = np.array([0.0, 1.0])
    loss = float(share @ _losses(design @ fit, defaulted))
    for _ in range(_STEPS):
        p = _sigmoid(design @ fit)
        # The ridge keeps the step finite if all probabilities are equal.
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
    """AUC; for each of `above`, the share of `below` under it; for each of `below`, the share of `above` over it."""
    total_above, total_below = above_weight.sum(), below_weight.sum()
    if total_above <= 0 or total_below <= 0:
        return 0.5, np.full(len(above), 0.5), np.full(len(below), 0.5)
    under = _below(above, below, below_weight) / total_below
    over = 1 - _below(below, above, above_weight) / total_above
    return float((above_weight * under).sum() / total_above), under, over


def _below(values: Floats, others: Floats, weight: Floats) -> Floats:
    """For each value [n], the weight of lower others plus half the weight of equal others."""
    order = np.argsort(others, kind="stable")
    sums = np.concatenate([[0.0], np.cumsum(weight[order])])
    ascending = others[order]
    left, right = (np.searchsorted(ascending, values, side=side) for side in ("left", "right"))
    lower: Floats = (sums[left] + sums[right]) / 2
    return lower


def _mean(values: Floats | npt.NDArray[np.int64], weight: Floats) -> CohortEstimate:
    """Weighted mean; the error treats every row as drawn independently (Hájek)."""
    total = float(weight.sum())
    mean = float((weight * values).sum()) / total
    return CohortEstimate(mean, math.sqrt(float(((weight * (values - mean)) ** 2).sum())) / total)


def _losses(odds: Floats, defaulted: npt.NDArray[np.bool_]) -> Floats:
    """-log of the probability of the actual outcome, from log-odds."""
    losses: Floats = np.logaddexp(0.0, np.where(defaulted, -odds, odds))
    return losses


def _log_odds(probability: Floats) -> Floats:
    p = np.clip(probability, _TINY, 1 - _TINY)
    odds: Floats = np.log(p) - np.log1p(-p)
    return odds


def _sigmoid(odds: Floats) -> Floats:
    p: Floats = np.exp(-np.logaddexp(0.0, -odds))
    return p
