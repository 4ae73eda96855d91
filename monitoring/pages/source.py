"""The facts that the pages show, and the interface of their source."""

from __future__ import annotations

from typing import Protocol

import msgspec

from monitoring.judging.rule import Limits
from monitoring.store.verdicts import FollowedVerdict
from monitoring.verdict import Cohort, Window


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All facts that a page may show."""

    windows: tuple[Window, ...] = ()
    """Oldest first."""
    earlier: int = 0
    """Number of windows before these, which are left out."""
    cohorts: tuple[Cohort, ...] = ()
    """Oldest first."""
    verdicts: tuple[FollowedVerdict, ...] = ()
    """Newest first."""
    live: str | None = None
    """The version that answers now; None before there is one."""
    answered: int = 0
    """Number of answered applications, from the predictors' reports."""
    missing: int = 0
    """Number of these whose records did not arrive."""
    waiting: int = 0
    """Number of the live version's records that are not in a window yet."""
    limits: Limits = Limits()
    """The limits by which the verdicts were reached."""

    @property
    def completeness(self) -> float | None:
        """Share of the answered applications whose records arrived; None before any answer."""
        return 1 - self.missing / self.answered if self.answered else None

    def window(self, id: str) -> Window | None:  # noqa: A002 - the window's own word
        """The window with this id; None if it is not among these."""
        return next((window for window in self.windows if window.id == id), None)

    def cohort(self, id: str) -> Cohort | None:  # noqa: A002
        """The closed cohort of the window with this id; None if it is not among these."""
        return next((cohort for cohort in self.cohorts if cohort.id == id), None)

    def judged(self, id: str) -> FollowedVerdict | None:  # noqa: A002
        """The verdict with this id; None if it is not among these."""
        return next((judged for judged in self.verdicts if judged.verdict.id == id), None)


class FactSource(Protocol):
    """A source of the facts; its method may block."""

    def facts(self, window: str | None = None, verdict: str | None = None) -> Facts:
        """The latest facts, and also the window and the verdict with these ids, even if they are old."""
