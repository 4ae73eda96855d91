"""Where a version goes live, behind one interface; a module a place.

Which version deserves it is not decided here.
"""

from __future__ import annotations

from typing import Protocol

__all__ = ["Home"]


class Home(Protocol):
    """A place where one version is live."""

    def live(self) -> str | None:
        """The number of the version that is live, or None."""

    def deploy(self, version: str) -> None:
        """Put a version live and prove that it answers as its bundle does, or leave what was live.

        Raises NotDeployed, and what the registry raises.
        """
