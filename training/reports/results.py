"""What a training run knows at its end, and all that its reports are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.bundle.manifest import Calibration, Feature, Interval, Policy, Population, Reason
from training.measures.evaluation import Confusion, JudgedRows
from training.measures.groups import GroupMetrics
from training.reports.drift import Drift
from training.reports.fields import Described
from training.selection import imbalance
from training.selection.search import Dropped, Trial

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Candidate:
    """One family at its best, judged by cross-validation on the folds that all share."""

    family: str
    cost: Interval
    """Per applicant; the lowest is chosen."""
    auc: Interval
    log_loss: Interval
    trials: int


@dataclass(frozen=True)
class Explained:
    """What each feature added to the margin of some applicants; a sample of a thousand is enough."""

    contributions: NDArray[np.floating]
    """[n, m], without the base value."""
    matrix: NDArray[np.floating]
    """[n, m] as the model saw it, NaN for missing."""
    features: tuple[Feature, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class CohortAnswers:
    """One closed cohort of live applications, in rows."""

    cohort: str
    rows: int
    labelled: int
    """Whose outcome is known."""
    explored: int
    """Of these, refused by the model and accepted all the same, to learn from them."""
    defaults: int
    role: str
    """What it was used for."""


@dataclass(frozen=True)
class Data:
    """What the model was trained on."""

    source: str
    """`synthetic`, or what the run was told; no path."""
    tables: Mapping[str, int]
    """Rows of each table that was there; empty where nothing but cohorts was learned from."""
    absent: tuple[str, ...]
    """Tables that were not."""
    training_rows: int
    hold_out_rows: int
    default_rate: float
    """Of the tables; without tables, of the cohorts learned from."""
    fingerprint: str
    cohorts: tuple[CohortAnswers, ...] = ()
    """Live applications, oldest first, the held-out cohort last; empty for the tables alone."""
    recent_fingerprint: str | None = None
    left_out: int = 0
    """Known outcomes not learned from, because their client applied again or is held out."""


@dataclass(frozen=True)
class Results:
    """One training run; collections may be empty where the run had nothing to compare."""

    model: str
    chosen: str
    """Family of the winning candidate."""
    candidates: tuple[Candidate, ...]
    trials: tuple[Trial, ...]
    policy: Policy
    calibration: Calibration
    metrics: Mapping[str, Interval]
    """Of the hold-out, at the policy's threshold."""
    confusion: Confusion
    groups: Mapping[str, tuple[GroupMetrics, ...]]
    """By protected field."""
    imbalance: tuple[imbalance.TreatmentRow, ...]
    validation: JudgedRows
    """Out-of-fold predictions, which the calibration and the threshold were found on."""
    hold_out: JudgedRows
    explained: Explained
    dropped: tuple[Dropped, ...]
    data: Data
    fields: tuple[Described, ...]
    """Application fields of the training data."""
    drift: tuple[Drift, ...]
    """From the raw tables' clients to others, largest first; empty where there are no others."""
    protected: tuple[str, ...]
    allowed: tuple[str, ...]
    """Protected fields that this run admitted as inputs."""
    alarms: tuple[str, ...]
    seed: int
    drifted_to: str = "test applications"
    """Who these others are."""
    population: Population = "everybody"
    """Whose outcomes the hold-out holds."""
    parent: str | None = None
    """The version whose model this is, calibrated anew; None for a model of its own."""
