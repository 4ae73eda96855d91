"""A verdict: what should be done about the live version, from its windows and cohorts, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

Judgement = Literal["keep", "watch", "recalibrate", "retrain"]
Guard = Literal["too few", "incomplete", "not for long enough", "too few defaults"]
"""What prevented a stronger judgement: too few records to judge; too few of the answered records arrived; drift in too
few windows; or too few defaults to learn from."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One review of the live version."""

    id: str
    """`<version>-<windows>-<cohorts>`: the numbers of windows and cohorts, so that the same facts give one verdict. A
    verdict that ends in `-incomplete` is valid only until enough of the answered applications have arrived."""
    at: int
    """Microseconds since 1970, UTC."""
    model: str
    version: str
    judgement: Judgement
    guard: Guard | None = None
    why: tuple[str, ...]
    """Sentences with figures; the decisive sentence is first."""
    window: str | None
    """The id of the latest judged window; None before the first."""
    cohort: str | None
    """The id of the latest closed cohort; None before the first."""
    figures: Mapping[str, float]
    """`rows`, `score_psi`, `drifted_weight`, `drifted_columns`, `completeness`, `log_loss`, `expected_log_loss` …"""
    drifted: tuple[str, ...]
    """Names of the drifted columns, the largest weight first."""

    @property
    def concludes(self) -> bool:
        """Whether enough was known. If not, the verdict does not replace the one before it."""
        return self.guard not in ("too few", "incomplete")
