"""Recalibration: a version with the model of another version and a new calibration from recent outcomes.

If the ranking still holds but the base rate has changed, a margin means another probability. Nothing else changes. The
threshold stays, because probabilities are exact again, as they were when the threshold was chosen.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from training import reports
from training.bundle import Bundle, Calibration, Contents, Manifest, write
from training.bundle.bundle import hash_clients
from training.bundle.manifest import FORMAT
from training.errors import TrainingError
from training.features.fields import rows_of
from training.measures import evaluation
from training.measures.evaluation import JudgedRows
from training.measures.policy import Floats, calibrate, platt
from training.product import KINDS
from training.rows.prepare import PreparedPart, Progress
from training.rows.recent import Recent, TrainingCohort, Usable, check_enough, fingerprint
from training.runs.assemble import check_recalibration, with_calibration
from training.runs.summary import summarise_recalibration


def recalibrate(
    bundle: Bundle, parent: str, recent: Recent, directory: Path, progress: Progress = lambda _: None
) -> Manifest:
    """Write a bundle with the model of version `parent` and new Platt scaling into an empty directory.

    The scaling is fitted on the newest cohorts to learn from and judged on the held-out cohort. Raises TrainingError
    if no cohort can be learned from, if too few outcomes are known, or if the margins no longer rank the applicants.
    """
    usable = _usable(bundle, recent, progress)
    if not usable.deciding:
        raise TrainingError(
            f"no outcome of clients that version {parent} did not learn from is known in "
            f"{', '.join(recent.learned)}: wait until another cohort is closed"
        )
    learned = [_part(cohort, bundle) for cohort in usable.deciding]
    outcome, weight = (np.concatenate([getattr(part, name) for part in learned]) for name in ("outcome", "weight"))
    names = ", ".join(cohort.id for cohort in usable.deciding)
    check_enough(f"what the calibration is found on, {names},", outcome)
    progress(f"calibrating on {len(outcome):,} labelled applications of {names}")
    margin = np.concatenate([bundle.score(part.rows).margin for part in learned])
    calibration = platt(margin, outcome, weight)
    if calibration.slope <= 0:
        raise TrainingError(
            f"version {parent} does not rank the applicants of {names}: defaults were rarer where it gave a higher "
            f"probability (slope {calibration.slope:.3f}); recalibration cannot correct that, but retraining may"
        )
    applicants = _part(usable.held_out, bundle)
    manifest = _write(bundle, parent, usable, calibration, applicants, directory)
    made = Bundle.open(directory)
    check_recalibration(bundle, made, applicants.rows)
    judged = JudgedRows.of(outcome, calibrate(margin, calibration), weight)
    reports.write(summarise_recalibration(made, usable, judged, applicants.labelled), directory)
    return manifest


def _usable(bundle: Bundle, recent: Recent, progress: Progress) -> Usable:
    """The cohorts that have all history features of the model."""
    names = set(bundle.manifest.history)
    readable = {cohort: table for cohort, table in recent.learned.items() if names <= set(table.column_names)}
    if len(readable) < len(recent.learned):
        progress(f"left out {len(recent.learned) - len(readable)} cohorts without a history feature that is read")
    missing = sorted(names - set(recent.held_out[1].column_names))
    if missing:
        raise TrainingError(f"cohort {recent.held_out[0]}, column {missing[0]}: expected numbers, got no such column")
    # A model is too certain about clients that it learned from.
    kinds = {field.name: KINDS[field.datatype] for field in bundle.manifest.fields}
    usable = Usable.of(Recent(readable, recent.held_out), kinds, bundle.learned_from)
    outcomes = sum(table["outcome"].is_valid().to_numpy().sum() for table in (*readable.values(), recent.held_out[1]))
    used = sum(cohort.labelled.sum() for cohort in (*usable.cohorts, usable.held_out))
    if used < outcomes:
        progress(f"left out {outcomes - used:,} outcomes of clients that the model learned from")
    return usable


def _part(cohort: TrainingCohort, bundle: Bundle) -> PreparedPart:
    manifest = bundle.manifest
    rows = rows_of(cohort.applications(), manifest.fields, cohort.history(manifest.history))
    everybody = np.ones(len(rows), bool)
    return PreparedPart(rows, bundle.features(rows), cohort.outcome, cohort.weight, cohort.clients, everybody)


def _manifest(
    champion: Manifest,
    parent: str,
    usable: Usable,
    calibration: Calibration,
    held_out: PreparedPart,
    probability: Floats,
) -> Manifest:
    policy, labelled = champion.policy, ~np.isnan(held_out.weight)
    judged = JudgedRows.of(held_out.outcome[labelled], probability[labelled], held_out.weight[labelled])
    metrics = evaluation.evaluate(judged, policy.threshold, policy.costs, champion.seed)
    alarm = evaluation.alarm(metrics[evaluation.AUC], policy.auc_alarm)
    return msgspec.structs.replace(
        champion,
        format=FORMAT,
        calibration=calibration,
        metrics=metrics,
        alarms=(alarm,) if alarm else (),
        population=usable.held_out.population,
        cohorts=tuple(cohort.id for cohort in usable.deciding),
        recent_fingerprint=fingerprint(usable.deciding),
        parent=parent,
    )


def _write(
    bundle: Bundle, parent: str, usable: Usable, calibration: Calibration, applicants: PreparedPart, directory: Path
) -> Manifest:
    probability = calibrate(bundle.score(applicants.rows).margin, calibration)
    manifest = _manifest(bundle.manifest, parent, usable, calibration, applicants, probability)
    text = bundle.path / "model.txt"
    learned = [client for cohort in usable.deciding for client in cohort.clients]
    directory.mkdir(parents=True, exist_ok=True)
    contents = Contents(
        manifest=manifest,
        graph=with_calibration((bundle.path / "model.onnx").read_bytes(), calibration),
        text=text.read_text() if text.exists() else None,
        held_out=applicants.rows,
        probability=probability,
        outcome=applicants.outcomes,
        weight=pa.array(applicants.weight, from_pandas=True),
        background=bundle.background(),
        training_ids=np.union1d(bundle.training_ids, hash_clients(learned)),
    )
    write(contents, directory)
    return manifest
