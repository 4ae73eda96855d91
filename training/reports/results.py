"""The results of a training run, from which all its reports are made."""

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
    """The best trial of one family, judged by cross-validation on the same folds for all families."""

    family: str
    cost: Interval
    """Per applicant; the lowest is chosen."""
    auc: Interval
    log_loss: Interval
    trials: int


@dataclass(frozen=True)
class Explained:
    """The contribution of each feature to the margin of some applicants; a sample of a thousand is enough."""

    contributions: NDArray[np.floating]
    """[n, m] Without the base value."""
    matrix: NDArray[np.floating]
    """[n, m] The model's input, NaN for missing."""
    features: tuple[Feature, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class CohortAnswers:
    """One closed cohort of live applications, in rows."""

    cohort: str
    rows: int
    labelled: int
    """Rows with a known outcome."""
    explored: int
    """Labelled rows that the model refused and the lender accepted, to learn from them."""
    defaults: int
    role: str
    """The use of the cohort in the run."""


@dataclass(frozen=True)
class Data:
    """The data on which the model was trained."""

    source: str
    """`synthetic`, or the source in the run's options; not a path."""
    tables: Mapping[str, int]
    """Rows of each table with a file; empty if the run learned only from cohorts."""
    absent: tuple[str, ...]
    """Tables without a file."""
    training_rows: int
    hold_out_rows: int
    default_rate: float
    """Default rate of the tables; without tables, of the cohorts that were learned from."""
    fingerprint: str
    cohorts: tuple[CohortAnswers, ...] = ()
    """Live applications, oldest first, the held-out cohort last; empty if only tables were used."""
    recent_fingerprint: str | None = None
    left_out: int = 0
    """Known outcomes not learned from, because their client applied again or is held out."""


@dataclass(frozen=True)
class Results:
    """The results of one training run; a collection is empty if the run had nothing to compare."""

    model: str
    chosen: str
    """Family of the winning candidate."""
    candidates: tuple[Candidate, ...]
    trials: tuple[Trial, ...]
    policy: Policy
    calibration: Calibration
    metrics: Mapping[str, Interval]
    """Metrics of the hold-out at the policy's threshold."""
    confusion: Confusion
    groups: Mapping[str, tuple[GroupMetrics, ...]]
    """By protected field."""
    imbalance: tuple[imbalance.TreatmentRow, ...]
    validation: JudgedRows
    """Out-of-fold predictions, from which calibration and threshold were found."""
    hold_out: JudgedRows
    explained: Explained
    dropped: tuple[Dropped, ...]
    data: Data
    fields: tuple[Described, ...]
    """Application fields of the training data."""
    drift: tuple[Drift, ...]
    """Drift from the raw tables' clients to `drifted_to`, largest first; empty if there is nothing to compare with."""
    protected: tuple[str, ...]
    allowed: tuple[str, ...]
    """Protected fields that this run allowed as inputs."""
    alarms: tuple[str, ...]
    seed: int
    drifted_to: str = "test applications"
    """The name of the applications in the drift comparison."""
    population: Population = "everybody"
    """The applicants whose outcomes are in the hold-out."""
    parent: str | None = None
    """The version whose model was recalibrated; None if the model was trained."""
