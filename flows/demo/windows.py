"""One window of applications: asked for, recorded, their outcomes told, and judged."""

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
"""Applications in a request."""
_ALONE = 50
"""Applications asked for one by one, to time them."""
_RECORD_SECONDS = 60.0


@dataclass(frozen=True)
class AnsweredWindow:
    """What became of a window's applications."""

    answered: int
    turned_away: Sequence[TurnedAway]
    """Those without a field that the model needs."""
    refused: int
    unknown_clients: int
    """Without a history."""
    median_ms: float
    """Of a request with one application, from sending to reading."""
    seconds: float
    """For all of them."""
    outcomes: int = 0
    explored: int = 0
    defaults: int = 0
    all: Sequence[Answered] = field(default=(), repr=False)


def submit(settings: PlatformSettings, applications: Sequence[Application], manifest: Manifest) -> AnsweredWindow:
    """Ask for decisions on applications; returns when each is recorded once.

    Raises StepFailed, NotUp.
    """
    before, began = count_records(settings)["stored"], time.monotonic()
    alone = list(ask_decisions(settings.predictor_url, None, applications[:_ALONE], manifest))
    together = list(ask_decisions(settings.predictor_url, None, applications[_ALONE:], manifest, TOGETHER))
    seconds = time.monotonic() - began
    answered = [one for one in [*alone, *together] if isinstance(one, Answered)]
    turned_away = [one for one in [*alone, *together] if isinstance(one, TurnedAway)]
    if not answered:
        raise StepFailed(f"none of {len(applications)} applications was answered: {turned_away[0].error}")
    _await_records(settings, before + len(answered))
    return AnsweredWindow(
        answered=len(answered),
        turned_away=turned_away,
        refused=sum(one.probability >= one.threshold for one in answered),
        unknown_clients=sum(one.history != "found" for one in answered),
        median_ms=round(1000 * statistics.median(one.seconds for one in answered[: len(alone)]), 2),
        seconds=round(seconds, 2),
        all=answered,
    )


def followed(window: AnsweredWindow, outcomes: Sequence[ReportedOutcome]) -> AnsweredWindow:
    """The window with what became of it."""
    values: dict[str, Any] = {name: getattr(window, name) for name in window.__dataclass_fields__}
    return AnsweredWindow(
        **values
        | {
            "outcomes": len(outcomes),
            "explored": sum(one.explored is not None for one in outcomes),
            "defaults": sum(one.defaulted for one in outcomes),
            "all": (),
        }
    )


def known_outcomes(
    answered: Sequence[Answered], defaulted: Mapping[int, bool], explored: float, seed: int
) -> list[ReportedOutcome]:
    """The outcomes of the accepted, and of a share of the refused that is accepted at random to learn from it."""
    drawn = np.random.default_rng(seed).uniform(size=len(answered)) < explored
    return [
        ReportedOutcome(record=one.record, defaulted=defaulted[one.client], explored=explored if refused else None)
        for one, lucky in zip(answered, drawn.tolist(), strict=True)
        for refused in [one.probability >= one.threshold]
        if lucky or not refused
    ]


def _await_records(settings: PlatformSettings, expected: int) -> None:
    """Return when the monitor holds so many records and misses none. Raises StepFailed."""
    deadline = time.monotonic() + _RECORD_SECONDS
    while True:
        found = count_records(settings)
        if found["stored"] == expected and found["missing"] == 0:
            return
        if found["stored"] > expected or time.monotonic() > deadline:
            raise StepFailed(
                f"the monitor holds {found['stored']:,} records and misses {found['missing']:,}, "
                f"but {expected:,} applications were answered"
            )
        time.sleep(0.2)
