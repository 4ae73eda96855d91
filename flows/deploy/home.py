"""The place where a version is live, whichever it is: what it must be able to do, and which one the settings name."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from flows.errors import FlowError
from flows.settings import PlatformSettings
from flows.steps import Say
from training.registry import Registry


class Home(Protocol):
    """A place where one version is live. Each step may be taken again: a change that was cut short is resumed."""

    def alone(self) -> AbstractContextManager[None]:
        """Held while the live version is changed. Raises Busy where another holds it."""

    def live(self) -> str | None:
        """The version that answers, or will when the place is up again; None before there is one."""

    def deploy(self, version: str) -> None:
        """Let a version answer, with the client history it reads; returns when it is ready.

        Raises NotDeployed, NotStarted, and what the registry raises.
        """

    def prove(self, version: str) -> None:
        """See that the version answers its replay applications as its bundle does. Raises NotDeployed."""

    def watch(self, version: str) -> None:
        """See that it stays ready and answers nothing with a fault, for a while. Raises NotDeployed."""

    def establish(self, version: str) -> None:
        """Make it the version that comes up after a restart, and tell monitor and explainer, if they listen."""

    def withdraw(self) -> None:
        """Let no version answer: the first one failed."""


def home_for(settings: PlatformSettings, registry: Registry, say: Say) -> Home:
    """Where versions go live by these settings."""
    if settings.in_cluster:
        from flows.deploy.cluster import Cluster

        return Cluster(settings, registry, say)
    from flows.deploy.laptop import Laptop
    from flows.machine.platform import Platform

    return Laptop(Platform(settings), registry, say)


def local_version(settings: PlatformSettings, version: str | None, say: Say) -> str:
    """The version to work with in the state folder: one that is named, or the live one; fetched there in a cluster.

    Raises FlowError where nothing is live, RegistryError, BundleError.
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
