"""Everything at a glance: processes, the live version, the aliases, the audit trail, and what does not fit together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flows import trail
from flows.deploy.admin import served
from flows.local import Platform, Status
from flows.settings import Settings
from training.bundle import MODEL
from training.changes import Change
from training.registry import Registry, RegistryError


@dataclass(frozen=True)
class Overview:
    """The platform of one state folder."""

    processes: Sequence[Status]
    live: str | None
    """What the predictor answers with, or will when it is up."""
    aliases: Mapping[str, str]
    mismatches: Sequence[str]
    changes: Sequence[Change]
    """The audit trail, the newest first."""
    registry_away: str | None
    """Why aliases and trail are not known."""


def look(settings: Settings) -> Overview:
    """Ask everything that is up."""
    platform = Platform(settings)
    processes = platform.status()
    live = served(settings.admin_url, MODEL) or platform.live
    if any(one.name == "registry" and one.state == "down" for one in processes):  # asking would take seconds
        return Overview(processes, live, {}, (), (), "the registry is down: `credence up` starts it")
    registry = Registry(settings.registry_url)
    try:
        aliases, changes = registry.aliases(), registry.changes()
    except RegistryError as error:
        return Overview(processes, live, {}, (), (), str(error))
    return Overview(processes, live, aliases, trail.mismatches(changes, aliases, live), changes, None)
