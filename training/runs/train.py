"""One training run: from the raw tables to a bundle in a directory, with the figures of the run."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from training import reports
from training.bundle import MODEL, Bundle, Contents, Costs, Manifest, Policy, write
from training.bundle.bundle import hash_clients, start
from training.bundle.manifest import FORMAT
from training.candidates import FAMILIES, Fitted
from training.candidates.family import Folds
from training.candidates.lightgbm import LightGBM
from training.errors import TrainingError
from training.measures import evaluation
from training.measures.evaluation import JudgedRows
from training.reports import Results
from training.rows.prepare import Prepared, prepare
from training.rows.recent import Recent, fingerprint
from training.runs.assemble import assemble, check_agreement
from training.runs.summary import summarise
from training.selection.search import Dropped, Trial, best_of_each, cheapest, draws, folds_of, search, unused, useless
from training.tables import Tables

Progress = Callable[[str], None]

_COARSE = {**LightGBM.defaults, "learning_rate": 0.1}
"""Few large steps, which are enough to find the features that no tree uses."""

__all__ = ["Options", "TrainingError", "TrainingRun", "train"]


@dataclass(frozen=True)
class Options:
    """The options of a run."""

    source: str = "the tables given"
    """The card's name for the data; not a path."""
    seed: int = 0
    trials: int = 8
    """Sets of parameters to try per family, including its defaults."""
    holdout: float = 0.2
    """Share of clients that are held out; with recent applications, the latest cohort is held out instead."""
    folds: int = 5
    costs: Costs = field(default_factory=Costs)
    allow: tuple[str, ...] = ()
    """Protected fields that are allowed as inputs."""
    auc_alarm: float = 0.82
    """If the hold-out AUC is higher, a person must approve promotion."""
    auc_alone: float = 0.8
    """The run stops if a single field has a higher AUC."""


@dataclass(frozen=True)
class TrainingRun:
    """A finished run; its bundle is in `directory`."""

    directory: Path
    manifest: Manifest
    prepared: Prepared
    trials: tuple[Trial, ...]
    chosen: Trial
    results: Results
    """The values that the reports show."""
    seconds: float


def train(
    tables: Tables,
    options: Options,
    directory: Path,
    progress: Progress = lambda _: None,
    recent: Recent | None = None,
) -> TrainingRun:
    """Train on the raw tables and any recent applications, and write a bundle into an empty directory.

    Raises TrainingError if a model must not be trained on the data. Raises DisagreementError if the graph and the
    library that fitted the model give different results.
    """
    started = time.perf_counter()
    prepared = prepare(tables, options.allow, options.holdout, options.auc_alone, options.seed, progress, recent)
    learned = prepared.learned
    # With recent applications, each fold has the same shares of older and recent rows.
    folds = folds_of(learned.outcome + 2 * learned.deciding, options.folds, options.seed)
    prepared, dropped = _select(prepared, folds, options, progress)
    trials = _search(prepared, folds, options, progress)
    chosen = cheapest(best_of_each(trials))
    progress(f"fitting {chosen.family} on {len(learned.clients):,} clients")
    fitted = _fit(prepared, chosen, options)
    progress("evaluating on the hold-out")
    graph = assemble(prepared.product, prepared.fields, prepared.history, prepared.features, fitted, chosen.calibration)
    (probability,) = start(graph).run(["probability"], prepared.applicants.rows.tensors())
    manifest = _manifest(tables, options, prepared, chosen, probability)
    _write(directory, manifest, graph, fitted, prepared, probability)
    bundle = Bundle.open(directory)
    check_agreement(bundle, prepared.applicants.rows, fitted)
    progress("comparing treatments of imbalance, drawing the reports")
    results = summarise(tables, options.source, prepared, bundle, trials, chosen, dropped, options.folds)
    reports.write(results, directory)
    return TrainingRun(directory, manifest, prepared, trials, chosen, results, time.perf_counter() - started)


def _select(
    prepared: Prepared, folds: Folds, options: Options, progress: Progress
) -> tuple[Prepared, tuple[Dropped, ...]]:
    """Drop features that are constant or equal to another feature, then features that no fold's trees use."""
    idle = useless(prepared.learned.matrix, prepared.features)
    prepared = prepared.keep([drop.feature for drop in idle])
    progress(f"looking for features of no importance among {len(prepared.features)}")
    fitted = LightGBM().cross_fit(prepared.examples, folds, _COARSE, options.seed)
    ignored = unused(fitted.importance, prepared.features)
    return prepared.keep([drop.feature for drop in ignored]), (*idle, *ignored)


def _search(prepared: Prepared, folds: Folds, options: Options, progress: Progress) -> tuple[Trial, ...]:
    plan = [(family, drawn) for family in FAMILIES for drawn in draws(family, options.trials, options.seed)]
    progress(f"{len(plan)} trials of {len(FAMILIES)} families on {len(prepared.features)} features")

    def done(trial: Trial) -> None:
        progress(f"{trial.family}: AUC {trial.auc:.4f}, cost {trial.cost:.4f}, {trial.seconds:.0f} s")

    deciding = prepared.learned.deciding
    return search(prepared.examples, plan, folds, deciding, options.costs, options.seed, done)


def _fit(prepared: Prepared, chosen: Trial, options: Options) -> Fitted:
    (family,) = (family for family in FAMILIES if family.name == chosen.family)
    return family.fit(prepared.examples, chosen.parameters, options.seed)


def _manifest(
    tables: Tables, options: Options, prepared: Prepared, chosen: Trial, probability: npt.NDArray[np.float64]
) -> Manifest:
    cut, costs = chosen.threshold, options.costs
    held_out, recent = prepared.applicants, prepared.recent
    labelled = ~np.isnan(held_out.weight)
    judged = JudgedRows.of(held_out.outcome[labelled], probability[labelled], held_out.weight[labelled])
    metrics = evaluation.evaluate(judged, cut.value, costs, options.seed)
    alarm = evaluation.alarm(metrics[evaluation.AUC], options.auc_alarm)
    belonging = {feature.reason for feature in prepared.features}
    return Manifest(
        format=FORMAT,
        model=MODEL,
        family=chosen.family,
        fields=prepared.fields,
        history=prepared.history,
        features=prepared.features,
        reasons=tuple(reason for reason in tables.product.reasons if reason.code in belonging),
        policy=Policy(
            cost_fn=costs.fn,
            cost_fp=costs.fp,
            threshold=cut.value,
            threshold_low=cut.low,
            threshold_high=cut.high,
            auc_alarm=options.auc_alarm,
        ),
        calibration=chosen.calibration,
        metrics=metrics,
        allowed=options.allow,
        alarms=(*([alarm] if alarm else ()), *(f"{part}." for part in tables.product.undecided)),
        population="everybody" if recent is None else recent.held_out.population,
        fingerprint=tables.fingerprint,
        cohorts=() if recent is None else tuple(cohort.id for cohort in recent.learned),
        recent_fingerprint=None if recent is None else fingerprint(recent.learned),
        seed=options.seed,
        libraries=_libraries(),
    )


def _libraries() -> dict[str, str]:
    names = ("credence", "lightgbm", "numpy", "onnx", "onnxmltools", "onnxruntime", "polars", "scikit-learn")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def _write(
    directory: Path,
    manifest: Manifest,
    graph: bytes,
    fitted: Fitted,
    prepared: Prepared,
    probability: npt.NDArray[np.float64],
) -> None:
    held_out, learned = prepared.applicants, prepared.learned
    directory.mkdir(parents=True, exist_ok=True)
    contents = Contents(
        manifest=manifest,
        graph=graph,
        text=fitted.text(),
        held_out=held_out.rows,
        probability=probability,
        outcome=held_out.outcomes,
        weight=pa.array(held_out.weight, from_pandas=True),
        background=learned.rows,
        training_ids=hash_clients(learned.clients.tolist()),
    )
    write(contents, directory)
