"""From margins to decisions: Platt calibration, what decisions cost, and the threshold that costs least.

The cost curve is flat and jagged near its lowest point, so where one sample has it is mostly luck. The threshold is
therefore bagged: the lowest points of many resamples, averaged. On simulated lenders of 1,000 to 20,000 applicants that
costs about half as much over the best threshold as the sample's own lowest point does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from training.bundle.manifest import Calibration

Floats = NDArray[np.float64]

MAX_CUTS = 2000
"""Cuts that a cost curve tries; among more distinct probabilities it takes these at equal numbers of applicants."""

_RESAMPLES = 500
_NEWTON_STEPS = 100


class OutcomeError(ValueError):
    """Outcomes or scores that nothing can be judged from; the message says what was expected and what came."""


@dataclass(frozen=True)
class Threshold:
    """Where refusing begins, with the 95 % bootstrap interval of the cheapest cut."""

    value: float
    low: float
    high: float
    theoretical: float
    """cost_fp / (cost_fp + cost_fn): the best threshold if the probabilities are exact."""


@dataclass(frozen=True)
class CostCurve:
    """Cost per applicant of refusing from each cut on; cuts ascend from accepting nobody to accepting everybody."""

    cut: Floats
    cost: Floats


def checked(score: ArrayLike, outcome: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    """Scores and outcomes as arrays [n].

    Raises OutcomeError where the lengths differ or are 0, a score is not finite, or an outcome is neither 0 nor 1.
    """
    scores, outcomes = np.asarray(score, dtype=np.float64), np.asarray(outcome)
    if scores.ndim != 1 or scores.shape != outcomes.shape or not scores.size:
        raise OutcomeError(f"expected scores [n] and outcomes [n], n > 0; got {scores.shape} and {outcomes.shape}")
    if not np.isfinite(scores).all():
        raise OutcomeError(f"expected finite scores; got {scores[~np.isfinite(scores)][0]}")
    if not np.isin(outcomes, (0, 1)).all():
        raise OutcomeError(f"expected outcomes 0 or 1; got {outcomes[~np.isin(outcomes, (0, 1))][0]}")
    return scores, outcomes.astype(bool)


def both_classes(outcome: NDArray[np.bool_]) -> None:
    """Raise OutcomeError unless somebody defaulted and somebody did not."""
    if outcome.all() or not outcome.any():
        raise OutcomeError(f"expected outcomes of both kinds; got {outcome.sum()} defaults among {outcome.size}")


def platt(margin: ArrayLike, outcome: ArrayLike) -> Calibration:
    """Fit Platt scaling on rows that the model did not learn from.

    The targets are (N1 + 1) / (N1 + 2) and 1 / (N0 + 2) instead of 1 and 0, so separable data have a finite answer; a
    constant margin keeps slope 1. The slope is negative where higher margins default less: such a model is of no use.
    Source: Platt, Probabilistic outputs for support vector machines (1999); Newton's method with halved steps
    after Lin, Lin and Weng, A note on Platt's probabilistic outputs (2007).
    """
    margins, defaulted = checked(margin, outcome)
    both_classes(defaulted)
    defaults = int(defaulted.sum())
    target = np.where(defaulted, (defaults + 1) / (defaults + 2), 1 / (defaulted.size - defaults + 2))
    centre, spread = float(margins.mean()), float(margins.std())
    if spread <= 1e-12 * max(1.0, abs(centre)):
        return Calibration(slope=1.0, intercept=float(_logit(target.mean())) - centre)
    slope, intercept = _newton((margins - centre) / spread, target)
    return Calibration(slope=slope / spread, intercept=intercept - slope * centre / spread)


def calibrate(margin: ArrayLike, calibration: Calibration) -> Floats:
    """Probabilities of default, in float64."""
    return _sigmoid(calibration.slope * np.asarray(margin, dtype=np.float64) + calibration.intercept)


def cost(outcome: ArrayLike, refused: ArrayLike, cost_fn: float = 10.0, cost_fp: float = 1.0) -> float:
    """Cost per applicant: `cost_fn` for each accepted who defaults, `cost_fp` for each refused who would have paid."""
    defaulted, turned_down = np.asarray(outcome, dtype=bool), np.asarray(refused, dtype=bool)
    missed, lost = (defaulted & ~turned_down).mean(), (~defaulted & turned_down).mean()
    return float(cost_fn * missed + cost_fp * lost)


def cost_curve(
    probability: ArrayLike, outcome: ArrayLike, cost_fn: float = 10.0, cost_fp: float = 1.0, max_cuts: int = MAX_CUTS
) -> CostCurve:
    """What each threshold would have cost on these applicants."""
    cuts, good, bad = _steps(*checked(probability, outcome), max_cuts)
    return CostCurve(cuts, _costs(good, bad, cost_fn, cost_fp))


def threshold(
    probability: ArrayLike,
    outcome: ArrayLike,
    cost_fn: float = 10.0,
    cost_fp: float = 1.0,
    seed: int = 0,
    resamples: int = _RESAMPLES,
) -> Threshold:
    """The probability from which refusing costs least, found on validation data; refuse if and only if >= `value`.

    Each resample has its cheapest cut, ties at their middle; `value` is the mean of these in
    log-odds, `low` and `high` their 2.5th and 97.5th percentiles. Raises OutcomeError as `checked` does, for outcomes
    all alike, for probabilities outside of [0, 1] and for costs that are not above 0.
    """
    if cost_fn <= 0 or cost_fp <= 0:
        raise OutcomeError(f"expected costs above 0; got cost_fn {cost_fn} and cost_fp {cost_fp}")
    probabilities, defaulted = checked(probability, outcome)
    both_classes(defaulted)
    if probabilities.min() < 0 or probabilities.max() > 1:
        raise OutcomeError(f"expected probabilities in [0, 1]; got {probabilities.min()} to {probabilities.max()}")
    cuts, good, bad = _steps(probabilities, defaulted, MAX_CUTS)
    random = np.random.default_rng(seed)
    odds = _logit(np.clip(cuts, 1e-9, 1 - 1e-9))
    cheapest = np.array([_cheapest(odds, good, bad, cost_fn, cost_fp, random) for _ in range(resamples)])
    # With nearly all resamples at one cut the mean can lie outside of the percentiles.
    low, high = np.quantile(cheapest, [0.025, 0.975])
    value = float(cheapest.mean())
    low, value, high = _sigmoid(np.array([min(low, value), value, max(high, value)])).tolist()
    return Threshold(value, low, high, theoretical=cost_fp / (cost_fp + cost_fn))


def _newton(margin: Floats, target: Floats) -> tuple[float, float]:
    """Slope and intercept of the least cross-entropy against soft targets."""
    design = np.column_stack([margin, np.ones_like(margin)])
    weights = np.array([0.0, float(_logit(target.mean()))])
    loss = _cross_entropy(design @ weights, target)
    for _ in range(_NEWTON_STEPS):
        probability = _sigmoid(design @ weights)
        gradient = design.T @ (probability - target)
        if np.abs(gradient).max() < 1e-10 * target.size:
            break
        # The ridge keeps the Hessian invertible where probabilities run into 0 and 1.
        hessian = (design * (probability * (1 - probability))[:, None]).T @ design + 1e-12 * np.eye(2)
        step, scale = np.linalg.solve(hessian, gradient), 1.0
        while (lower := _cross_entropy(design @ (weights - scale * step), target)) > loss and scale > 1e-10:
            scale /= 2
        weights, loss = weights - scale * step, lower
    return float(weights[0]), float(weights[1])


def _steps(probability: Floats, defaulted: NDArray[np.bool_], max_cuts: int) -> tuple[Floats, Floats, Floats]:
    """Cuts [k + 1], each half-way between two probabilities, and the good and the bad applicants [k] between them."""
    order = np.argsort(probability, kind="stable")
    ascending, bad = probability[order], defaulted[order].astype(np.float64)
    first = np.flatnonzero(np.diff(ascending, prepend=-np.inf))
    if first.size > max_cuts:
        wanted = np.linspace(0, ascending.size, max_cuts, endpoint=False).astype(int)
        first = first[np.unique(np.searchsorted(first, wanted, side="right") - 1)]
    edges = np.concatenate([[0.0], ascending, [1.0]])
    starts = np.append(first, ascending.size)
    cuts = (edges[starts] + edges[starts + 1]) / 2
    return cuts, np.add.reduceat(1 - bad, first), np.add.reduceat(bad, first)


def _costs(good: Floats, bad: Floats, cost_fn: float, cost_fp: float) -> Floats:
    """Cost per applicant at each cut [k + 1], given the applicants between cuts [k]."""
    accepted_bad, accepted_good = np.append(0, np.cumsum(bad)), np.append(0, np.cumsum(good))
    return np.asarray(
        (cost_fn * accepted_bad + cost_fp * (accepted_good[-1] - accepted_good)) / (good.sum() + bad.sum())
    )


def _cheapest(
    cuts: Floats, good: Floats, bad: Floats, cost_fn: float, cost_fp: float, random: np.random.Generator
) -> float:
    """The cheapest cut of one resample; of several equally cheap, the middle between the first and the last."""
    counts = np.concatenate([good, bad])
    resampled = random.multinomial(int(counts.sum()), counts / counts.sum()).astype(np.float64)
    costs = _costs(resampled[: good.size], resampled[good.size :], cost_fn, cost_fp)
    ties = np.flatnonzero(costs <= costs.min() + 1e-12)
    return float((cuts[ties[0]] + cuts[ties[-1]]) / 2)


def _cross_entropy(logit: Floats, target: Floats) -> float:
    return float((np.logaddexp(0.0, logit) - target * logit).sum())


def _logit(probability: ArrayLike) -> Floats:
    value = np.asarray(probability, dtype=np.float64)
    return np.asarray(np.log(value) - np.log1p(-value))


def _sigmoid(logit: Floats) -> Floats:
    # Two branches, since exp overflows for a large positive argument.
    small = np.exp(-np.abs(logit))
    return np.asarray(np.where(logit >= 0, 1 / (1 + small), small / (1 + small)))
