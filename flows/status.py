"""The status of the platform: processes, the live version, the aliases, the audit trail, and contradictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx

from flows.clients.predictor import served_version
from flows.clients.prefect import HEALTH
from flows.machine.platform import Platform, ProcessStatus
from flows.runs import trail
from flows.settings import PlatformSettings
from training.bundle import MODEL
from training.registry import Registry, RegistryError
from training.registry.trail import Change


@dataclass(frozen=True)
class PlatformOverview:
    """The platform of one state folder."""

    processes: Sequence[ProcessStatus]
    live: str | None
    """The version that the predictor answers with, or will answer with when it is up."""
    aliases: Mapping[str, str]
    mismatches: Sequence[str]
    changes: Sequence[Change]
    """The audit trail, newest first."""
    registry_away: str | None
    """Why aliases and trail are not known; None if they are."""


def look(settings: PlatformSettings) -> PlatformOverview:
    """Ask all processes that are up. Raises ClusterRefused or NotDeployed if the cluster cannot be asked."""
    processes, live, pods = _in_cluster(settings) if settings.in_cluster else _here(settings)
    if any(
        process.name == "registry" and process.state == "down" for process in processes
    ):  # a request would take seconds
        return PlatformOverview(processes, live, {}, (), (), f"the registry is down: {_starts(settings)}")
    registry = Registry(settings.registry_url)
    try:
        aliases, changes = registry.aliases(), registry.changes()
    except RegistryError as error:
        return PlatformOverview(processes, live, {}, (), (), str(error))
    return PlatformOverview(processes, live, aliases, trail.mismatches(changes, aliases, live, pods), changes, None)


def _here(settings: PlatformSettings) -> tuple[Sequence[ProcessStatus], str | None, Mapping[str, str]]:
    """The processes of this machine, the version that is live here, and no pods."""
    platform = Platform(settings)
    return platform.status(), served_version(settings.admin_url, MODEL) or platform.live, {}


def _in_cluster(settings: PlatformSettings) -> tuple[Sequence[ProcessStatus], str | None, Mapping[str, str]]:
    """The services and pods of the cluster, the applied version, and the version of each ready pod's answers."""
    from flows.deploy.cluster import Cluster

    home = Cluster(settings, Registry(settings.registry_url), lambda _: None)
    live = home.live()
    services = {
        "registry": (settings.registry_url, "/health"),
        "orchestrator": (settings.orchestrator_url, HEALTH),
        "monitor": (settings.monitor_url, "/health/ready"),
    }
    statuses = [ProcessStatus(name, _state(url + path), url, None) for name, (url, path) in services.items()]
    for (ready, wanted), name, url in zip(
        home.pods().values(), ("predictor", "explainer"), (settings.predictor_url, settings.explainer_url), strict=False
    ):
        state = f"{ready} of {wanted} pods ready" if wanted else "down"
        statuses.append(ProcessStatus(name, state, url, None, live))
    pods = home.answers()
    return statuses + pods, live, {each.name: each.version for each in pods if each.state == "ready" and each.version}


def _state(url: str) -> str:
    try:
        return "ready" if httpx.get(url, timeout=5).status_code == 200 else "not ready"
    except httpx.HTTPError:
        return "down"


def _starts(settings: PlatformSettings) -> str:
    return "its pod tells why" if settings.in_cluster else "`credence up` starts it"
