"""Starting a run where it belongs: here, as a flow where Prefect's server is up, or as a Job in a cluster."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from flows.clients.prefect import prefect_environment, server_answers
from flows.settings import Settings
from flows.steps import Say, plainly

if TYPE_CHECKING:
    from flows.runs.retrain import Retrained
    from flows.runs.train import Trained
    from training.changes import Change
    from training.registry import Registry


def run(name: str, settings: Settings, say: Say, **parameters: Any) -> Any:
    """Run `train`, `retrain`, `promote` or `rollback`: here, as a flow where Prefect's server is up, or as a Job."""
    if settings.in_cluster:
        return run_as_job(name, settings, say, parameters)
    if not server_answers(settings):
        from flows.runs.plain import PLAIN

        return PLAIN[name](settings, plainly(say), **parameters)
    os.environ.update(settings.environment | prefect_environment(settings))
    os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "CRITICAL"  # `say` tells the command's user
    from flows.orchestration import flows  # seconds, and it reads its settings when it is imported

    with flows.telling(say):
        return flows.FLOWS[name](**parameters)


def run_as_job(name: str, settings: Settings, say: Say, parameters: dict[str, Any]) -> Trained | Retrained | Change:
    """Run `train`, `retrain`, `promote` or `rollback` as a Job. Raises FlowError where that fails, RegistryError."""
    from flows.runs.retrain import Retrained
    from flows.runs.train import Trained
    from training.bundle import Bundle
    from training.registry import Registry

    os.environ.update(prefect_environment(settings))
    from flows.orchestration.follow import follow  # seconds, and it reads its settings when it is imported

    left = follow(name, parameters, settings, say)
    registry = Registry(settings.registry_url)
    if name in ("promote", "rollback"):
        return _change(registry, left["audit-record"])
    version = registry.version(left["version"])
    manifest = Bundle.open(registry.download(version.number, settings.models)).manifest
    if name == "train":
        return Trained(version, manifest, None)
    return Retrained(version, manifest, _change(registry, left["audit-record"]) if "audit-record" in left else None)


def _change(registry: Registry, number: str) -> Change:
    return next(change for change in registry.changes() if change.id == number)
