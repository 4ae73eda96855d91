"""The interface of a place where a version is live, and the choice of the place from the settings."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from flows.errors import FlowError
from flows.settings import PlatformSettings
from flows.steps import Say
from training.registry import Registry


class Home(Protocol):
    """A place where one version is live. Each step may be repeated, because an interrupted change is resumed."""

    def alone(self) -> AbstractContextManager[None]:
        """Exclude other changes of the live version during the block. Raises Busy if another change is active."""

    def live(self) -> str | None:
        """The version that answers, or will answer when the place is up again; None before the first."""

    def deploy(self, version: str) -> None:
        """Make a version answer, with the client history that it reads; returns when it is ready.

        Raises NotDeployed, NotStarted, and the registry's errors.
        """

    def prove(self, version: str) -> None:
        """Check that the version answers its replay applications as its bundle does. Raises NotDeployed."""

    def watch(self, version: str) -> None:
        """Check for a while that it stays ready and answers no request with a 5xx. Raises NotDeployed."""

    def establish(self, version: str) -> None:
        """Make it the version that starts after a restart, and tell monitor and explainer, if they are up."""

    def withdraw(self) -> None:
        """Let no version answer, because the first version failed."""


def home_for(settings: PlatformSettings, registry: Registry, say: Say) -> Home:
    """The place where versions go live with these settings."""
    if settings.in_cluster:
        from flows.deploy.cluster import Cluster

        return Cluster(settings, registry, say)
    from flows.deploy.laptop import Laptop
    from flows.machine.platform import Platform

    return Laptop(Platform(settings), registry, say)


def local_version(settings: PlatformSettings, version: str | None, say: Say) -> str:
    """The version to work with: `version`, or else the live one. In a cluster, it is fetched into the state folder.

    Raises FlowError if no version is live, RegistryError, BundleError.
    """
    if not settings.in_cluster:
        from flows.machine.platform import Platform

        number = version or Platform(settings).live
        if number is None:
            raise FlowError("no version is live here: `credence promote` puts one live")
        return number
    from training.bundle import MODEL, Bundle, remote

    registry = Registry(settings.registry_url)
    number = version or home_for(settings, registry, say).live()
    if number is None:
        raise FlowError("no version is live in the cluster: `credence promote` puts one live")
    names = Bundle.open(registry.download(number, settings.models)).manifest.history
    remote.fetch_history(settings.registry_url, MODEL, names, settings.models)
    return number
