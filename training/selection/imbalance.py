"""The effect of weights and resampling: four treatments of the rare class, on the same folds with the same parameters.

A treatment changes the probabilities and the best threshold, but hardly the order of applicants. So each treatment is
judged twice: without calibration, and after Platt calibration on the other folds.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from imblearn.over_sampling import SMOTE
from imblearn.under_sampling import RandomUnderSampler
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from training.bundle.manifest import Calibration, Costs, Interval
from training.candidates.family import Examples, Folds, Margins, Matrix, Outcome, Parameters
from training.candidates.lightgbm import LightGBM
from training.measures.evaluation import AUC, COST, ECE, LOG_LOSS, OBSERVED_EXPECTED, JudgedRows, evaluate
from training.measures.policy import calibrate, platt, threshold

NONE = "none"
CLASS_WEIGHTS = "class weights"
SMOTE_NAME = "SMOTE"
UNDERSAMPLING = "undersampling"

_RESAMPLES = 200
_UNCALIBRATED = Calibration(slope=1.0, intercept=0.0)


@dataclass(frozen=True)
class TreatmentRow:
    """One treatment, with or without calibration; all figures are out of fold."""

    treatment: str
    calibrated: bool
    auc: Interval
    log_loss: Interval
    ece: Interval
    observed_expected: Interval
    cost: Interval
    """Per applicant; the decisions in a fold use the best threshold of the other folds."""
    cost_theoretical: Interval
    """Per applicant, at `Costs.threshold`, which is best if the probabilities are exact."""
    threshold: float
    """Mean over the folds."""


def compare(
    examples: Examples,
    folds: Folds,
    parameters: Parameters,
    seed: int,
    costs: Costs,
) -> tuple[TreatmentRow, ...]:
    """Two rows per treatment, without and with calibration; `parameters` as LightGBM's cross-fit returns them.

    Each example must be in the predicted rows of exactly one fold. Each example counts once, and its weight is ignored,
    because resampling sets weights. SMOTE searches neighbours among all defaults, so its time grows with their number
    squared; pass only a sample of a large table.
    """

    matrix, outcome = examples.matrix, examples.outcome

    def margins(treat: Callable[[_Task, int], _Task]) -> Margins:
        predicted = np.empty(len(outcome))
        for fit_on, predict in folds:
            task = treat(_Task(matrix[fit_on], outcome[fit_on], matrix[predict], {}), seed)
            treated = Examples.plain(examples.features, task.matrix, task.outcome)
            fitted = LightGBM().fit(treated, {**parameters, **task.settings}, seed)
            predicted[predict] = fitted.margins(task.unseen)
        return predicted

    def judge(treatment: str) -> tuple[TreatmentRow, ...]:
        predicted = margins(_TREATMENTS[treatment])
        return tuple(
            _row(treatment, calibrated, predicted, outcome, folds, seed, costs) for calibrated in (False, True)
        )

    # Each core runs one treatment, so the search for neighbours inside a treatment must use one core.
    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as pool:
        return tuple(row for both in pool.map(judge, _TREATMENTS) for row in both)


@dataclass(frozen=True)
class _Task:
    """Rows to learn from, rows to predict, and additional settings for the learner."""

    matrix: Matrix
    outcome: Outcome
    unseen: Matrix
    settings: Parameters


def _weighted(task: _Task, seed: int) -> _Task:
    weight = float((~task.outcome).sum() / task.outcome.sum())
    return replace(task, settings={"scale_pos_weight": weight})


def _smote(task: _Task, seed: int) -> _Task:
    """Add defaults between neighbouring ones.

    Distances need complete columns of one scale, so `_complete` is applied to all rows.
    """
    neighbours = min(5, int(task.outcome.sum()) - 1)
    sampler = SMOTE(k_neighbors=neighbours, random_state=seed)
    matrix, outcome = sampler.fit_resample(_complete(task.matrix, task.matrix), task.outcome)
    return replace(task, matrix=matrix, outcome=outcome, unseen=_complete(task.unseen, task.matrix))


def _undersampled(task: _Task, seed: int) -> _Task:
    matrix, outcome = RandomUnderSampler(random_state=seed).fit_resample(task.matrix, task.outcome)
    return replace(task, matrix=matrix, outcome=outcome)


_TREATMENTS: dict[str, Callable[[_Task, int], _Task]] = {
    NONE: lambda task, seed: task,
    CLASS_WEIGHTS: _weighted,
    SMOTE_NAME: _smote,
    UNDERSAMPLING: _undersampled,
}


def _complete(matrix: Matrix, reference: Matrix) -> Matrix:
    """Fill missing values with the reference's median and scale columns by its standard deviations."""
    present = np.where(np.isnan(reference).all(axis=0), np.float32(0), reference)
    middle, spread = np.nanmedian(present, axis=0), np.nanstd(present, axis=0, dtype=np.float64)
    scaled = (matrix - middle) / np.where(spread > 0, spread, 1)
    return np.asarray(np.nan_to_num(scaled, nan=0.0), np.float32)


def _probabilities(margins: Margins, outcome: Outcome, folds: Folds, calibrated: bool) -> NDArray[np.float64]:
    """The probabilities of each fold; if calibrated, with Platt scaling from the other folds."""
    probability = np.empty(len(outcome))
    for others, predict in folds:
        calibration = platt(margins[others], outcome[others]) if calibrated else _UNCALIBRATED
        probability[predict] = calibrate(margins[predict], calibration)
    return probability


def _row(
    treatment: str,
    calibrated: bool,
    margins: Margins,
    outcome: Outcome,
    folds: Folds,
    seed: int,
    costs: Costs,
) -> TreatmentRow:
    probability = _probabilities(margins, outcome, folds, calibrated)
    thresholds = np.empty(len(outcome))
    for others, predict in folds:
        best = threshold(probability[others], outcome[others], costs, seed, _RESAMPLES)
        thresholds[predict] = best.value
    metrics = evaluate(JudgedRows.of(outcome, probability), costs.threshold, costs, seed, _RESAMPLES)
    # Each fold has a separate threshold, so the decisions replace the probabilities.
    decided = evaluate(JudgedRows.of(outcome, probability >= thresholds), 0.5, costs, seed, _RESAMPLES)
    return TreatmentRow(
        treatment=treatment,
        calibrated=calibrated,
        auc=metrics[AUC],
        log_loss=metrics[LOG_LOSS],
        ece=metrics[ECE],
        observed_expected=metrics[OBSERVED_EXPECTED],
        cost=decided[COST],
        cost_theoretical=metrics[COST],
        threshold=float(thresholds.mean()),
    )
