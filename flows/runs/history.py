"""`credence history`: makes a new client history for the live version, here or in a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from flows.clients.predictor import load_version
from flows.deploy.history import write_history
from flows.errors import FlowError
from flows.machine.platform import Platform
from flows.settings import PlatformSettings
from flows.steps import Say
from training.bundle import Bundle, History, Manifest
from training.registry import Registry


@dataclass(frozen=True)
class Made:
    """A client history that was written."""

    path: Path
    clients: int
    features: int
    as_of: date


def refresh(platform: Platform, data: Path, version: str | None, say: Say) -> Made:
    """Write the client history of a version, by default the live one, and let a running predictor load it.

    Raises DataError, RegistryError, FlowError.
    """
    settings = platform.settings
    number = version or platform.live
    if number is None:
        raise FlowError("no version is live, and none was named: --version says whose features to make")
    here = settings.models / number
    path = here if here.exists() else Registry(settings.registry_url).download(number, settings.models)
    manifest = _reading(path, number)
    written = write_history(data, manifest.history, settings.models, say)
    if "predictor" in platform.running() and platform.live is not None:
        load_version(settings.admin_url, manifest.model, platform.live)
        say(f"the predictor reads it with version {platform.live}")
    return _made(written, manifest)


def renew(settings: PlatformSettings, data: Path, say: Say) -> Made:
    """Write the client history of the live version in a cluster, and restart every pod with it.

    Raises DataError, RegistryError, BundleError, FlowError.
    """
    from flows.deploy.cluster import Cluster  # imports Kubernetes' client, which is slow and needed only in a cluster

    registry = Registry(settings.registry_url)
    home = Cluster(settings, registry, say)
    number = home.live()
    if number is None:
        raise FlowError("no version is live, so nothing reads a client history yet: `credence promote` puts one live")
    manifest = _reading(registry.download(number, settings.models), number)
    written = write_history(data, manifest.history, settings.models, say)
    with home.alone():
        home.renew_history(written)
    return _made(written, manifest)


def _reading(path: Path, number: str) -> Manifest:
    manifest = Bundle.open(path).manifest
    if not manifest.history:
        raise FlowError(f"version {number} reads no client history: it was trained on applications alone")
    return manifest


def _made(written: Path, manifest: Manifest) -> Made:
    history = History.open(written, manifest.history)
    return Made(written, len(history.clients), len(manifest.history), history.as_of)
