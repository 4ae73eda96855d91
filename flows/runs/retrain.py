"""A retraining: trains a new version on the champion's tables and on newly known outcomes, and promotes it.

The training data are the champion's raw tables, and the labelled applications of all closed cohorts that are older than
the champion's latest. The latest cohort is held out, because the gate compares both versions on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute

from flows.clients.monitor import closed_cohorts, fetch_records, note_action
from flows.clients.prefect import run_page
from flows.errors import FlowError
from flows.gate.evidence import latest_cohort
from flows.runs import trail
from flows.runs.train import recalibrate_and_register, train_and_register
from flows.settings import PlatformSettings
from flows.steps import Say, Step
from monitoring.verdict import Cohort
from training.bundle import Bundle, Manifest
from training.registry import Registry, Version
from training.registry.trail import Change
from training.rows.recent import Recent
from training.runs.train import Options

Kind = Literal["retrain", "recalibrate"]


@dataclass(frozen=True)
class Gathered:
    """The data of a retraining, and the champion that it begins with."""

    champion: str
    path: Path
    """Folder of the champion's bundle."""
    recent: Recent


@dataclass(frozen=True)
class Retrained:
    """A trained version, and the change that its promotion made."""

    version: Version
    manifest: Manifest
    change: Change | None
    """None if a person must agree first."""


def retrain_and_promote(
    settings: PlatformSettings,
    step: Step,
    promote: Callable[[str], Change | None],
    verdict: str = "",
    kind: Kind = "retrain",
    flow_run: str | None = None,
) -> Retrained:
    """Train a version and promote it; note each action at the verdict that asked for it.

    `flow_run` is the id of Prefect's run. Raises RegistryError, NotUp, FlowError, DataError, TrainingError.
    """
    registry = Registry(settings.registry_url, flow_run=flow_run)
    url = run_page(settings, flow_run) if flow_run else None
    try:
        note_action(settings, verdict, f"{kind} begun", url=url)
        gathered = step("cohorts", lambda say: gather_cohorts(settings, registry, say))
        version = step("model", lambda say: learn(gathered, kind, registry, say))
        note_action(settings, verdict, f"version {version.number} registered", version.number, url)
        manifest = Bundle.open(registry.download(version.number, settings.models)).manifest
        change = promote(version.number)
        if change is not None:
            note_action(settings, verdict, trail.describe_change(change), version.number, url)
    except BaseException as error:  # also if the run is cancelled
        note_action(settings, verdict, f"{kind} failed: {error or type(error).__name__}", url=url)
        raise
    return Retrained(version, manifest, change)


def gather_cohorts(settings: PlatformSettings, registry: Registry, say: Say) -> Gathered:
    """Fetch the champion and all closed cohorts. Raises RegistryError, NotUp, and FlowError if something is missing."""
    champion = trail.champion(registry.changes(), registry.aliases())
    if champion is None:
        raise FlowError("there is no champion to learn anew from: `credence train`, then `credence promote`")
    older, last = divide(closed_cohorts(settings), champion)
    held_out = fetch_records(settings, last.id)
    learned = in_order({cohort.id: fetch_records(settings, cohort.id) for cohort in older}, held_out)
    if not learned:
        raise FlowError(
            f"cohort {last.id} is needed to judge by, and all others began after it: there is none to learn from "
            f"until a later window of version {champion} is closed and its outcomes are known"
        )
    left_out = [cohort.id for cohort in older if cohort.id not in learned]
    younger = f", leaving out what is younger: {', '.join(left_out)}" if left_out else ""
    say(f"holding out cohort {last.id}, learning from {', '.join(learned)}{younger}")
    recent = Recent(learned, (last.id, held_out))
    return Gathered(champion, registry.download(champion, settings.models), recent)


def divide(closed: Sequence[Cohort], champion: str) -> tuple[list[Cohort], Cohort]:
    """The cohorts for training, and the held-out cohort for the gate, which is the champion's latest.

    Raises FlowError if there are too few cohorts.
    """
    held_out = latest_cohort(closed, champion)
    if held_out is None:
        raise FlowError(
            f"no closed cohort of version {champion}: what became of its decisions is not known yet. A cohort closes "
            "when 95 % of a window's accepted applications have an outcome (POST /v1/outcomes at the monitor)"
        )
    learned = [cohort for cohort in closed if cohort.id != held_out.id]
    if not learned:
        raise FlowError(
            f"one closed cohort, {held_out.id}, and it is needed to judge by: there is none to learn from "
            "until another window's outcomes are known"
        )
    return learned, held_out


def in_order(tables: Mapping[str, pa.Table], held_out: pa.Table) -> dict[str, pa.Table]:
    """Cohorts' records in the order of their first record, without cohorts that began after the held-out one."""
    began = {name: _began(table) for name, table in tables.items()}
    return {name: tables[name] for name in sorted(began, key=began.__getitem__) if began[name] < _began(held_out)}


def _began(table: pa.Table) -> int:
    return int(pa.compute.min(table.column("at")).as_py())


def learn(gathered: Gathered, kind: Kind, registry: Registry, say: Say) -> Version:
    """Train and register a new version. Raises RegistryError, FlowError, BundleError, DataError, TrainingError."""
    if kind == "recalibrate":
        return recalibrate_and_register(gathered.path, gathered.champion, gathered.recent, registry, say)
    folder = tables(gathered, registry)
    options = like(Bundle.open(gathered.path).manifest, registry.parameters(origin(gathered, registry)))
    return train_and_register(folder, options, registry, say, recent=gathered.recent).version


def origin(gathered: Gathered, registry: Registry) -> str:
    """The version that was trained on raw tables: the champion, or its origin if it was only recalibrated."""
    number, manifest = gathered.champion, Bundle.open(gathered.path).manifest
    while manifest.parent is not None:
        number = manifest.parent
        manifest = Bundle.open(registry.download(number, gathered.path.parent)).manifest
    return number


def tables(gathered: Gathered, registry: Registry) -> Path:
    """The folder of the champion's raw tables. Raises FlowError if it does not exist any more."""
    number = origin(gathered, registry)
    folder = Path(registry.version(number).source)
    if not folder.is_absolute() or not folder.is_dir():
        raise FlowError(
            f"the raw tables of version {number} are not in {folder} any more: "
            "put them back there, or `credence train --data DIR` a version on others"
        )
    return folder


def like(manifest: Manifest, parameters: dict[str, str]) -> Options:
    """The options of the champion's training, from its manifest and from the parameters of its run."""
    policy = manifest.policy
    return Options(
        source=parameters.get("source", Options.source),
        seed=manifest.seed,
        trials=int(parameters.get("trials", Options.trials)),
        costs=policy.costs,
        allow=manifest.allowed,
        auc_alarm=policy.auc_alarm,
    )
