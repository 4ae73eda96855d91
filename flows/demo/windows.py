"""One window of applications: asks for decisions, waits for their records, and makes their outcomes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from flows.clients.monitor import count_records
from flows.clients.predictor import Answered, Application, TurnedAway, ask_decisions
from flows.errors import StepFailed
from flows.settings import PlatformSettings
from monitoring.intake.outcomes import ReportedOutcome
from training.bundle import Manifest

TOGETHER = 64
"""Applications per request."""
_ALONE = 50
"""Applications that are sent one by one, to measure the time."""
_RECORD_SECONDS = 60.0


@dataclass(frozen=True)
class AnsweredWindow:
    """A window's applications and their answers, in numbers."""

    answered: int
    turned_away: Sequence[TurnedAway]
    """Applications without a required field."""
    refused: int
    unknown_clients: int
    """Number of applications without a history."""
    median_ms: float
    """Median time of a request with one application, from sending to reading."""
    seconds: float
    """Time for all applications."""
    outcomes: int = 0
    explored: int = 0
    defaults: int = 0
    all: Sequence[Answered] = field(default=(), repr=False)


def submit(settings: PlatformSettings, applications: Sequence[Application], manifest: Manifest) -> AnsweredWindow:
    """Ask for decisions on applications; returns when each has one record in the monitor.

    Raises StepFailed, NotUp.
    """
    before, began = count_records(settings)["stored"], time.monotonic()
    alone = list(ask_decisions(settings.predictor_url, None, applications[:_ALONE], manifest))
    together = list(ask_decisions(settings.predictor_url, None, applications[_ALONE:], manifest, TOGETHER))
    seconds = time.monotonic() - began
    answered = [answer for answer in [*alone, *together] if isinstance(answer, Answered)]
    turned_away = [answer for answer in [*alone, *together] if isinstance(answer, TurnedAway)]
    if not answered:
        raise StepFailed(f"none of {len(applications)} applications was answered: {turned_away[0].error}")
    _await_records(settings, before + len(answered))
    return AnsweredWindow(
        answered=len(answered),
        turned_away=turned_away,
        refused=sum(answer.probability >= answer.threshold for answer in answered),
        unknown_clients=sum(answer.history != "found" for answer in answered),
        median_ms=round(1000 * statistics.median(answer.seconds for answer in answered[: len(alone)]), 2),
        seconds=round(seconds, 2),
        all=answered,
    )


def followed(window: AnsweredWindow, outcomes: Sequence[ReportedOutcome]) -> AnsweredWindow:
    """The window with the numbers of its outcomes."""
    values: dict[str, Any] = {name: getattr(window, name) for name in window.__dataclass_fields__}
    return AnsweredWindow(
        **values
        | {
            "outcomes": len(outcomes),
            "explored": sum(outcome.explored is not None for outcome in outcomes),
            "defaults": sum(outcome.defaulted for outcome in outcomes),
            "all": (),
        }
    )


def known_outcomes(
    answered: Sequence[Answered], defaulted: Mapping[int, bool], explored: float, seed: int
) -> list[ReportedOutcome]:
    """The outcomes of the accepted, and of a random share of the refused, which is accepted to learn from it."""
    drawn = np.random.default_rng(seed).uniform(size=len(answered)) < explored
    return [
        ReportedOutcome(
            record=answer.record, defaulted=defaulted[answer.client], explored=explored if refused else None
        )
        for answer, lucky in zip(answered, drawn.tolist(), strict=True)
        for refused in [answer.probability >= answer.threshold]
        if lucky or not refused
    ]


def _await_records(settings: PlatformSettings, expected: int) -> None:
    """Return when the monitor has exactly `expected` records and misses none. Raises StepFailed."""
    deadline = time.monotonic() + _RECORD_SECONDS
    while True:
        counts = count_records(settings)
        if counts["stored"] == expected and counts["missing"] == 0:
            return
        if counts["stored"] > expected or time.monotonic() > deadline:
            raise StepFailed(
                f"the monitor holds {counts['stored']:,} records and misses {counts['missing']:,}, "
                f"but {expected:,} applications were answered"
            )
        time.sleep(0.2)
