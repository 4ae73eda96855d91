"""The retraining that a verdict asked for, seen from outside: which run it is, what it says, how it ended."""

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
    """From the verdict to its end."""
    runs: int
    """How many the monitor started for the verdict."""
    actions: Sequence[Mapping[str, Any]]
    """What was noted at the verdict, oldest first."""


def follow_retraining(settings: PlatformSettings, verdict: str, say: Say) -> FollowedRetraining:
    """Return when the run that the monitor starts for a verdict has ended, its log told meanwhile.

    Raises StepFailed where there is none, or it did not complete; NotUp.
    """
    began = time.monotonic()
    run = _until(lambda: read_verdict(settings, verdict)["delivery"]["run"], _START_SECONDS)
    if run is None:
        raise StepFailed(f"the monitor started no run: {read_verdict(settings, verdict)['delivery']}")
    url = run_page(settings, run)
    say(f"the monitor started {url}")
    told = 0

    def ended() -> str | None:
        nonlocal told
        for line in run_log(settings, run, told):
            say(f"  {line}")
            told += 1
        state = run_state(settings, run)
        return state if state in _ENDED else None

    state = _until(ended, _RUN_SECONDS)
    found = read_verdict(settings, verdict)
    if state != "COMPLETED":
        raise StepFailed(f"the run {url} is {state or 'not over'}: {[action['what'] for action in found['actions']]}")
    return FollowedRetraining(url, round(time.monotonic() - began, 1), found["delivery"]["attempt"], found["actions"])


def _until(found: Callable[[], str | None], seconds: float) -> str | None:
    deadline = time.monotonic() + seconds
    while (value := found()) is None and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return value
