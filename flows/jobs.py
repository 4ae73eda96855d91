"""Runs that are Jobs in a cluster: started from a command, followed, and what they left in the registry."""

from __future__ import annotations

import os
from typing import Any

from flows.machine.services import prefect_environment
from flows.runs.retrain import Retrained
from flows.runs.train import Trained
from flows.settings import Settings
from flows.steps import Say
from training.bundle import Bundle
from training.registry import Registry
from training.registry.trail import Change


def run(name: str, settings: Settings, say: Say, parameters: dict[str, Any]) -> Trained | Retrained | Change:
    """Run `train`, `retrain`, `promote` or `rollback` as a Job. Raises FlowError where that fails, RegistryError."""
    os.environ.update(prefect_environment(settings))
    from flows.orchestration.follow import follow  # seconds, and it reads its settings when it is imported

    left = follow(name, parameters, settings.orchestrator_page, say)
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
