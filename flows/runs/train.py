"""A training run: makes a registered version from raw tables."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flows.steps import Say
from training.bundle import Bundle, Manifest
from training.products import product_of
from training.registry import Figures, LoggedTrial, Registry, Version
from training.rows.recent import Recent
from training.runs.recalibrate import recalibrate
from training.runs.train import Options, TrainingRun, train
from training.synthetic import synthesise
from training.tables import Tables, read

SYNTHETIC_CLIENTS = 20_000


@dataclass(frozen=True)
class Trained:
    """A trained version."""

    version: Version
    manifest: Manifest
    seconds: float | None
    """Duration of the training; None if it ran elsewhere."""


def data_folder(home: Path, given: Path | None, clients: int, seed: int, say: Say) -> Path:
    """The folder of raw tables for the training: `given`, or a synthetic lender's in the state folder."""
    if given is not None:
        return given
    folder = home / "data" / f"synthetic-{clients}-{seed}"
    if not folder.exists():
        say(f"making a synthetic lender with {clients:,} clients")
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        synthesise(clients, unfinished, seed)
        unfinished.rename(folder)
    return folder


def train_and_register(
    data: Path,
    options: Options,
    registry: Registry,
    say: Say,
    before: Callable[[], None] | None = None,
    recent: Recent | None = None,
) -> Trained:
    """Read, train and register. All results are in the registry; no other files remain.

    `before` is called before the request to the registry, which may start while the model is trained. With `recent`
    applications, the model is also trained on them, and judged on the latest.
    Raises DataError, TrainingError, RegistryError.
    """
    tables = read(data, product_of(data), say)
    with tempfile.TemporaryDirectory(prefix="credence-bundle-") as directory:
        made = train(tables, options, Path(directory) / "bundle", say, recent)
        if before is not None:
            before()
        say("registering the version")
        version = registry.register(made.directory, figures(made, options, tables, data))
    return Trained(version, made.manifest, made.seconds)


def recalibrate_and_register(champion: Path, number: str, recent: Recent, registry: Registry, say: Say) -> Version:
    """Calibrate version `number`, whose bundle is in `champion`, on recent outcomes, and register a new version.

    Raises BundleError, TrainingError, RegistryError.
    """
    with tempfile.TemporaryDirectory(prefix="credence-bundle-") as directory:
        path = Path(directory) / "bundle"
        manifest = recalibrate(Bundle.open(champion), number, recent, path, say)
        say("registering the version")
        parameters = {"family": manifest.family, "seed": manifest.seed, **_origin(manifest)}
        source = registry.version(number).source  # the same raw tables, from which its client history is made
        return registry.register(path, Figures(parameters, _metrics(manifest), (), source))


def _metrics(manifest: Manifest) -> dict[str, float]:
    metrics = {"threshold": manifest.policy.threshold}
    for name, interval in manifest.metrics.items():
        metrics |= {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}
    return metrics


def _origin(manifest: Manifest) -> dict[str, Any]:
    """The sources of a version in addition to the raw tables."""
    return {
        "population": manifest.population,
        "cohorts": ", ".join(manifest.cohorts),
        "recent_fingerprint": manifest.recent_fingerprint or "",
        "parent": manifest.parent or "",
    }


def figures(made: TrainingRun, options: Options, tables: Tables, data: Path) -> Figures:
    """The parameters, metrics and trials that the registry logs for a run."""
    metrics = _metrics(made.manifest) | {"training_seconds": made.seconds}
    metrics |= {"features": len(made.manifest.features), "dropped_features": len(made.results.dropped)}
    parameters: dict[str, Any] = asdict(options) | {"family": made.manifest.family, **_origin(made.manifest)}
    parameters |= {f"model.{name}": value for name, value in made.chosen.parameters.items()}
    parameters |= {"absent_tables": ", ".join(tables.absent)}
    trials = [
        LoggedTrial(
            name=f"{trial.family}-{number}",
            parameters={"family": trial.family, **trial.parameters},
            metrics={"auc": trial.auc, "log_loss": trial.log_loss, "cost": trial.cost, "seconds": trial.seconds},
        )
        for number, trial in enumerate(made.trials, 1)
    ]
    return Figures(parameters, metrics, trials, str(data.absolute()))
