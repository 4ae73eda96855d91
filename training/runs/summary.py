"""The summary of a finished run, from which card, page and pictures are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from training.bundle import Bundle, Manifest, groups
from training.candidates import Examples
from training.candidates.lightgbm import LightGBM
from training.features.fields import Columns, columns_of
from training.measures import evaluation
from training.measures.evaluation import JudgedRows
from training.measures.groups import GroupMetrics, by_group
from training.reports import Candidate, CohortAnswers, Data, Explained, Results
from training.reports.drift import compare
from training.reports.fields import by_level
from training.rows.prepare import Prepared, PreparedPart
from training.rows.recent import Usable
from training.selection import imbalance
from training.selection.search import Dropped, Trial, best_of_each, folds_of
from training.tables import Tables

_EXPLAINED = 1_000
_COMPARED = 4_000
"""Rows for the comparison of imbalance treatments; SMOTE's time grows with the number of defaults squared."""


def summarise(
    tables: Tables,
    source: str,
    prepared: Prepared,
    bundle: Bundle,
    trials: Sequence[Trial],
    chosen: Trial,
    dropped: Sequence[Dropped],
    folds: int,
) -> Results:
    """The results of a training run; the hold-out's figures come from the written bundle."""
    manifest = bundle.manifest
    judges = prepared.examples.take(prepared.learned.deciding)
    columns = columns_of(tables.train, tables.product.fields)
    validation = JudgedRows.of(judges.outcome, chosen.probability, judges.weight)
    return replace(
        _judged(bundle, prepared.held_out, validation, _data(tables, source, prepared, manifest)),
        candidates=tuple(_candidate(trial, trials, judges, manifest) for trial in best_of_each(trials)),
        trials=tuple(trials),
        imbalance=_treatments(prepared, trials, manifest, folds),
        dropped=tuple(dropped),
        fields=by_level(columns, tables.outcome),
        **_drift(columns, tables, prepared.recent),
    )


def summarise_recalibration(bundle: Bundle, recent: Usable, learned: JudgedRows, held_out: PreparedPart) -> Results:
    """The results of a recalibration."""
    data = Data(
        source="live applications",
        tables={},
        absent=(),
        training_rows=len(learned.outcome),
        hold_out_rows=len(held_out.outcome),
        default_rate=float(np.average(learned.outcome, weights=learned.weight)),
        fingerprint=bundle.manifest.fingerprint,
        cohorts=_answered(recent, "none", "calibration"),
        recent_fingerprint=bundle.manifest.recent_fingerprint,
    )
    return _judged(bundle, held_out, learned, data)


def _judged(bundle: Bundle, held_out: PreparedPart, validation: JudgedRows, data: Data) -> Results:
    """The results that training and recalibration have in common."""
    manifest = bundle.manifest
    judged = JudgedRows.of(held_out.outcome, bundle.score(held_out.rows).probability, held_out.weight)
    return Results(
        model=manifest.model,
        chosen=manifest.family,
        candidates=(),
        trials=(),
        policy=manifest.policy,
        calibration=manifest.calibration,
        metrics=manifest.metrics,
        confusion=evaluation.confusion(judged, manifest.policy.threshold),
        groups=_groups(held_out, judged, manifest),
        imbalance=(),
        validation=validation,
        hold_out=judged,
        explained=_explained(bundle, held_out),
        dropped=(),
        data=data,
        fields=(),
        drift=(),
        protected=tuple(field.name for field in manifest.fields if field.protected),
        allowed=manifest.allowed,
        alarms=manifest.alarms,
        seed=manifest.seed,
        population=manifest.population,
        parent=manifest.parent,
    )


def _candidate(trial: Trial, trials: Sequence[Trial], judges: Examples, manifest: Manifest) -> Candidate:
    judged = JudgedRows.of(judges.outcome, trial.probability, judges.weight)
    metrics = evaluation.evaluate(judged, trial.threshold.value, manifest.policy.costs, manifest.seed)
    return Candidate(
        family=trial.family,
        cost=metrics[evaluation.COST],
        auc=metrics[evaluation.AUC],
        log_loss=metrics[evaluation.LOG_LOSS],
        trials=sum(other.family == trial.family for other in trials),
    )


def _groups(part: PreparedPart, judged: JudgedRows, manifest: Manifest) -> dict[str, tuple[GroupMetrics, ...]]:
    """The results of each group, by protected field."""
    protected, policy = groups.protected(manifest, part.rows), manifest.policy
    return by_group(judged, protected, policy.threshold, policy.costs, manifest.seed)


def _treatments(
    prepared: Prepared, trials: Sequence[Trial], manifest: Manifest, folds: int
) -> tuple[imbalance.TreatmentRow, ...]:
    """The comparison of imbalance treatments, with the parameters of the best LightGBM trial."""
    (trees,) = (trial for trial in best_of_each(trials) if trial.family == LightGBM.name)
    # The split already put the rows in random order.
    examples = prepared.examples.take(slice(0, _COMPARED))
    return imbalance.compare(
        examples,
        folds_of(examples.outcome, folds, manifest.seed),
        trees.parameters,
        manifest.seed,
        manifest.policy.costs,
    )


def _explained(bundle: Bundle, part: PreparedPart) -> Explained:
    rows = part.rows.take(slice(0, _EXPLAINED))
    contributions = bundle.contributions(rows)[:, :-1]
    return Explained(contributions, part.matrix[:_EXPLAINED], bundle.manifest.features, bundle.manifest.reasons)


def _data(tables: Tables, source: str, prepared: Prepared, manifest: Manifest) -> Data:
    recent_decide = not prepared.learned.deciding.all()
    sizes = {name: int(frame.select(pl.len()).collect().item()) for name, frame in tables.history.items()}
    return Data(
        source=source,
        tables={tables.product.applications.name: tables.train.height, **sizes},
        absent=tables.absent,
        training_rows=len(prepared.learned.outcome),
        hold_out_rows=len(prepared.held_out.outcome),
        default_rate=float(tables.outcome.mean()),
        fingerprint=manifest.fingerprint,
        cohorts=()
        if prepared.recent is None
        else _answered(
            prepared.recent, "training", "training, calibration, threshold" if recent_decide else "training"
        ),
        recent_fingerprint=manifest.recent_fingerprint,
        left_out=prepared.left_out,
    )


def _answered(recent: Usable, older: str, deciding: str) -> tuple[CohortAnswers, ...]:
    """The cohorts with their use: `older` or `deciding`, and hold-out for the last."""
    decide = [cohort.id for cohort in recent.deciding]
    roles = [(cohort, deciding if cohort.id in decide else older) for cohort in recent.cohorts]
    return tuple(
        CohortAnswers(
            cohort=cohort.id,
            rows=len(cohort.labelled),
            labelled=int(cohort.labelled.sum()),
            explored=int((cohort.labelled & cohort.refused).sum()),
            defaults=cohort.defaults,
            role=role,
        )
        for cohort, role in (*roles, (recent.held_out, "hold-out"))
    )


def _drift(train: Columns, tables: Tables, recent: Usable | None) -> dict[str, Any]:
    """The applications compared with the raw tables' clients, and the drift between them; empty without any."""
    if recent is not None:
        now, others = f"cohort {recent.held_out.id}", recent.held_out.applications()
    elif tables.test is not None:
        now, others = "test applications", tables.test
    else:
        return {}
    return {"drift": compare(train, columns_of(others, tables.product.fields)), "drifted_to": now}
