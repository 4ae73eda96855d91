"""A registered version put where pods fetch it, without being promoted."""

from __future__ import annotations

from dataclasses import dataclass

from flows.settings import PlatformSettings
from training.bundle import MODEL, remote
from training.registry import Registry


@dataclass(frozen=True)
class Published:
    """Where a version lies from now on."""

    version: str
    url: str
    """The MLflow server's."""
    folder: str
    """Below its artifacts."""


def publish_version(settings: PlatformSettings, version: str) -> Published:
    """Publish a version's bundle; published again it is the same. Raises RegistryError, BundleError."""
    registry = Registry(settings.registry_url)
    path = registry.download(registry.version(version).number, settings.models)
    return Published(version, registry.url, remote.publish(registry.url, path, MODEL, version))
