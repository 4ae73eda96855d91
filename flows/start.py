"""Starts a run: as a Job in a cluster, as a flow if Prefect's server is up, or else as a plain function."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

from flows.clients.prefect import prefect_environment, server_answers
from flows.errors import FlowError
from flows.settings import PlatformSettings
from flows.steps import Say, plainly

if TYPE_CHECKING:
    from flows.runs.retrain import Retrained
    from flows.runs.train import Trained
    from training.registry import Registry
    from training.registry.trail import Change

Left = TypeVar("Left")


def run(name: str, settings: PlatformSettings, say: Say, **parameters: Any) -> Any:
    """Run `train`, `retrain`, `promote` or `rollback`: as a Job, as a flow if Prefect's server is up, or as a function.

    Returns what the run of this name returns.
    """
    if settings.in_cluster:
        return run_as_job(name, settings, say, parameters)
    if not server_answers(settings):
        from flows.runs.plain import PLAIN

        return PLAIN[name](settings, plainly(say), **parameters)
    os.environ.update(settings.environment | prefect_environment(settings))
    os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "CRITICAL"  # `say` already shows the lines to the user
    from flows.orchestration import flows  # takes seconds, and Prefect reads its settings when it is imported

    with flows.telling(say):
        return flows.FLOWS[name](**parameters)


def run_as_job(
    name: str, settings: PlatformSettings, say: Say, parameters: dict[str, Any]
) -> Trained | Retrained | Change:
    """Run `train`, `retrain`, `promote` or `rollback` as a Job. Raises FlowError if it fails, RegistryError."""
    from flows.runs.retrain import Retrained
    from flows.runs.train import Trained
    from training.bundle import Bundle
    from training.registry import Registry

    os.environ.update(prefect_environment(settings))
    from flows.orchestration.follow import follow_run  # takes seconds, and Prefect reads its settings at import

    flow_run = follow_run(name, parameters, settings, say)
    registry = Registry(settings.registry_url)
    change = next((each for each in registry.changes() if each.flow_run == flow_run), None)
    if name in ("promote", "rollback"):
        return _present(change, flow_run, registry)
    made = (each for each in registry.versions() if each.flow_run == flow_run)
    version = _present(next(made, None), flow_run, registry)
    manifest = Bundle.open(registry.download(version.number, settings.models)).manifest
    return Trained(version, manifest, None) if name == "train" else Retrained(version, manifest, change)


def _present(left: Left | None, flow_run: str, registry: Registry) -> Left:
    """The result that a run left in the registry. Raises FlowError if there is none."""
    if left is None:
        raise FlowError(f"run {flow_run} ended well, but the registry at {registry.url} has nothing that it left there")
    return left
