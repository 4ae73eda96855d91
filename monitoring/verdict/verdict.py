"""A verdict: what the live version's windows and cohorts call for, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

Judgement = Literal["keep", "watch", "recalibrate", "retrain"]
Guard = Literal["too few", "incomplete", "not for long enough", "too few defaults"]
"""What kept a judgement from being a stronger one: too few records to judge, or too few of the answered ones arrived;
drift in too few windows, or too few defaults to learn from."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One review of the live version."""

    id: str
    """`<version>-<windows>-<cohorts>`: how much was there to judge, so that the same facts are one verdict; with
    `-incomplete` behind it, one that stands only until enough of the answered applications have arrived."""
    at: int
    """Microseconds since 1970, UTC."""
    model: str
    version: str
    judgement: Judgement
    guard: Guard | None = None
    why: tuple[str, ...]
    """Sentences with figures, the decisive one first."""
    window: str | None
    """The latest window judged; None before there is one."""
    cohort: str | None
    """The latest closed cohort; None before there is one."""
    figures: Mapping[str, float]
    """`rows`, `score_psi`, `drifted_weight`, `drifted_columns`, `completeness`, `log_loss`, `expected_log_loss` …"""
    drifted: tuple[str, ...]
    """Names of the drifted columns, the weightiest first."""

    @property
    def concludes(self) -> bool:
        """Whether enough was known. If not, the verdict does not replace the one before it."""
        return self.guard not in ("too few", "incomplete")
