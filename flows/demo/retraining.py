"""Follows the retraining that a verdict asked for: finds its run, reports its log, and waits for its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.clients.monitor import read_verdict
from flows.clients.prefect import run_log, run_page, run_state
from flows.errors import StepFailed
from flows.settings import PlatformSettings
from flows.steps import Say

_ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
_POLL_SECONDS = 0.5
_START_SECONDS = 60.0
_RUN_SECONDS = 900.0


@dataclass(frozen=True)
class FollowedRetraining:
    """A run that has ended."""

    url: str
    seconds: float
    """Time from the verdict to the run's end."""
    runs: int
    """Number of runs that the monitor started for the verdict."""
    actions: Sequence[Mapping[str, Any]]
    """Actions that were noted at the verdict, oldest first."""


def follow_retraining(settings: PlatformSettings, verdict: str, say: Say) -> FollowedRetraining:
    """Return when the run that the monitor starts for a verdict has ended; report its log meanwhile.

    Raises StepFailed if there is no run or it did not complete, NotUp.
    """
    began = time.monotonic()
    run = _until(lambda: read_verdict(settings, verdict)["delivery"]["run"], _START_SECONDS)
    if run is None:
        raise StepFailed(f"the monitor started no run: {read_verdict(settings, verdict)['delivery']}")
    url = run_page(settings, run)
    say(f"the monitor started {url}")
    reported = 0

    def ended() -> str | None:
        nonlocal reported
        for line in run_log(settings, run, reported):
            say(f"  {line}")
            reported += 1
        state = run_state(settings, run)
        return state if state in _ENDED else None

    state = _until(ended, _RUN_SECONDS)
    followed = read_verdict(settings, verdict)
    if state != "COMPLETED":
        raise StepFailed(
            f"the run {url} is {state or 'not over'}: {[action['what'] for action in followed['actions']]}"
        )
    return FollowedRetraining(
        url, round(time.monotonic() - began, 1), followed["delivery"]["attempt"], followed["actions"]
    )


def _until(poll: Callable[[], str | None], seconds: float) -> str | None:
    deadline = time.monotonic() + seconds
    while (value := poll()) is None and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return value
