"""Publishes a registered version where pods fetch it, without a promotion."""

from __future__ import annotations

from dataclasses import dataclass

from flows.settings import PlatformSettings
from training.bundle import MODEL, remote
from training.registry import Registry


@dataclass(frozen=True)
class Published:
    """The place of a published version."""

    version: str
    url: str
    """URL of the MLflow server."""
    folder: str
    """Folder below the server's artifacts."""


def publish_version(settings: PlatformSettings, version: str) -> Published:
    """Publish a version's bundle; a second publication changes nothing. Raises RegistryError, BundleError."""
    registry = Registry(settings.registry_url)
    path = registry.download(registry.version(version).number, settings.models)
    return Published(version, registry.url, remote.publish(registry.url, path, MODEL, version))
