"""Where a version goes live, behind one interface; a module a place.

Which version deserves it, and what is done if it fails, is not decided here.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

__all__ = ["Home"]


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
