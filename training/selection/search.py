"""The choice of features, parameters and family, by cross-validation on the same folds."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from training.bundle import Calibration, Costs, Feature
from training.candidates import CrossFit, Examples, Family, Parameters
from training.candidates.family import Folds, Matrix
from training.measures.policy import Threshold, calibrate, cost, platt, threshold


@dataclass(frozen=True)
class Trial:
    """One family with one set of parameters, judged out of fold."""

    family: str
    parameters: Parameters
    importance: npt.NDArray[np.float64]
    calibration: Calibration
    probability: npt.NDArray[np.float64]
    """Out-of-fold calibrated probabilities of the examples that judge."""
    threshold: Threshold
    auc: float
    log_loss: float
    cost: float
    """Per applicant, at the threshold."""
    seconds: float


@dataclass(frozen=True)
class Dropped:
    """A feature that was removed, and why."""

    feature: str
    why: str


def folds_of(strata: npt.ArrayLike, count: int, seed: int) -> Folds:
    """Folds with the same share of each stratum [n]."""
    labels = np.asarray(strata)
    splitter = StratifiedKFold(count, shuffle=True, random_state=seed)
    return [(fit_on, predict) for fit_on, predict in splitter.split(np.zeros(len(labels)), labels)]


def useless(matrix: Matrix, features: Sequence[Feature]) -> tuple[Dropped, ...]:
    """Features that are constant on these rows, or equal to an earlier feature."""
    dropped, earlier = [], dict[bytes, str]()
    for column, feature in zip(matrix.T, features, strict=True):
        # All NaN become the same NaN, and -0 becomes 0, so that equal columns have equal bytes.
        content = np.where(np.isnan(column), np.float32(np.nan), column + np.float32(0)).tobytes()
        if np.isnan(column).all() or (column == column[0]).all():
            dropped.append(Dropped(feature.name, "constant"))
        elif content in earlier:
            dropped.append(Dropped(feature.name, f"the same as {earlier[content]}"))
        earlier.setdefault(content, feature.name)
    return tuple(dropped)


def unused(importance: npt.NDArray[np.float64], features: Sequence[Feature]) -> tuple[Dropped, ...]:
    """Features that no model of any fold used."""
    return tuple(
        Dropped(feature.name, "of no importance in any fold")
        for feature, size in zip(features, importance, strict=True)
        if size == 0
    )


def draws(family: Family, trials: int, seed: int) -> tuple[Parameters, ...]:
    """The family's defaults and up to `trials - 1` other sets of parameters."""
    generator = np.random.default_rng(seed)
    drawn = [family.defaults, *(family.draw(generator) for _ in range(trials - 1))]
    return tuple(parameters for i, parameters in enumerate(drawn) if parameters not in drawn[:i])


def search(
    examples: Examples,
    plan: Iterable[tuple[Family, Parameters]],
    folds: Folds,
    judging: npt.NDArray[np.bool_],
    costs: Costs,
    seed: int,
    done: Callable[[Trial], None],
) -> tuple[Trial, ...]:
    """Judge each family with its parameters, one trial per core; `done` is called after each trial.

    All examples are learned from and predicted; only those in the mask `judging` [n] are used to judge.
    """
    judges = examples.take(judging)

    def judge(candidate: tuple[Family, Parameters]) -> Trial:
        family, parameters = candidate
        started = time.perf_counter()
        fitted = family.cross_fit(examples, folds, parameters, seed)
        fitted = replace(fitted, margins=fitted.margins[judging])
        trial = judged(family.name, fitted, judges, costs, seed, time.perf_counter() - started)
        done(trial)
        return trial

    # Each core runs one trial, so the linear algebra inside a trial must use one core.
    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as pool:
        return tuple(pool.map(judge, plan))


def judged(family: str, fitted: CrossFit, examples: Examples, costs: Costs, seed: int, seconds: float) -> Trial:
    """Turn a family's out-of-fold margins into calibrated probabilities and a threshold, and judge them."""
    outcome, weight = examples.outcome, examples.weight
    calibration = platt(fitted.margins, outcome, weight)
    probability = calibrate(fitted.margins, calibration)
    cut = threshold(probability, outcome, costs, seed, weight=weight)
    return Trial(
        family=family,
        parameters=fitted.parameters,
        importance=fitted.importance,
        calibration=calibration,
        probability=probability,
        threshold=cut,
        auc=float(roc_auc_score(outcome, probability, sample_weight=weight)),
        log_loss=float(log_loss(outcome, probability, sample_weight=weight)),
        cost=cost(outcome, probability >= cut.value, costs, weight),
        seconds=seconds,
    )


def best_of_each(trials: Iterable[Trial]) -> tuple[Trial, ...]:
    """Each family's best trial by log loss.

    Cost changes in steps, so it cannot separate similar trials of one family.
    """
    best: dict[str, Trial] = {}
    for trial in trials:
        if trial.family not in best or trial.log_loss < best[trial.family].log_loss:
            best[trial.family] = trial
    return tuple(best.values())


def cheapest(trials: Iterable[Trial]) -> Trial:
    """The trial with the lowest cost; if several are equal, the first family, which is the simplest."""
    return min(trials, key=lambda trial: trial.cost)
