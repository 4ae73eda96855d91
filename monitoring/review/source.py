"""What the pages are made of, and whom they ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from monitoring.verdict import Verdict
from monitoring.window import Cohort, Window


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done about a verdict."""

    at: int
    """Microseconds since 1970, UTC."""
    what: str
    version: str | None = None
    """That was made or put live."""
    run: str | None = None
    """URL of the run that did it."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict and what became of it."""

    verdict: Verdict
    state: str = ""
    """How far the retraining is that it asks for; empty where it asks for none."""
    actions: tuple[Action, ...] = ()
    """Oldest first."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that a page may tell."""

    windows: tuple[Window, ...] = ()
    """Oldest first."""
    cohorts: tuple[Cohort, ...] = ()
    """Oldest first."""
    verdicts: tuple[Judged, ...] = ()
    """Newest first."""
    live: str | None = None
    """The version that answers now; None before there is one."""
    answered: int = 0
    """Applications, by what the predictors told."""
    missing: int = 0
    """Of them, records that did not arrive."""
    waiting: int = 0
    """Records of the live version that are in no window yet."""

    @property
    def completeness(self) -> float | None:
        """Share of the answered whose records are here; None before any."""
        return 1 - self.missing / self.answered if self.answered else None

    def window(self, id: str) -> Window | None:  # noqa: A002 - the window's own word
        """The window of that id."""
        return next((window for window in self.windows if window.id == id), None)

    def cohort(self, id: str) -> Cohort | None:  # noqa: A002
        """The closed cohort of that window."""
        return next((cohort for cohort in self.cohorts if cohort.id == id), None)

    def judged(self, id: str) -> Judged | None:  # noqa: A002
        """The verdict of that id."""
        return next((judged for judged in self.verdicts if judged.verdict.id == id), None)


class Source(Protocol):
    """Who knows the facts; asking may block."""

    def facts(self) -> Facts:
        """What is known now."""


def in_time(windows: Sequence[Window]) -> tuple[Window, ...]:
    """Oldest first, a version's own numbers in order."""
    return tuple(sorted(windows, key=lambda window: (window.since, window.number)))
