"""What the pages are made of, and whom they ask for it."""

from __future__ import annotations

from typing import Protocol

import msgspec

from monitoring.judging.rule import Limits
from monitoring.store.verdicts import FollowedVerdict
from monitoring.verdict import Cohort, Window


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that a page may tell."""

    windows: tuple[Window, ...] = ()
    """Oldest first."""
    earlier: int = 0
    """Windows before these, which are not told."""
    cohorts: tuple[Cohort, ...] = ()
    """Oldest first."""
    verdicts: tuple[FollowedVerdict, ...] = ()
    """Newest first."""
    live: str | None = None
    """The version that answers now; None before there is one."""
    answered: int = 0
    """Applications, by what the predictors told."""
    missing: int = 0
    """Of them, records that did not arrive."""
    waiting: int = 0
    """Records of the live version that are in no window yet."""
    limits: Limits = Limits()
    """By which the verdicts were reached."""

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

    def judged(self, id: str) -> FollowedVerdict | None:  # noqa: A002
        """The verdict of that id."""
        return next((judged for judged in self.verdicts if judged.verdict.id == id), None)


class FactSource(Protocol):
    """Who knows the facts; asking may block."""

    def facts(self, window: str | None = None, verdict: str | None = None) -> Facts:
        """The latest of everything, and those of these ids however old they are."""
