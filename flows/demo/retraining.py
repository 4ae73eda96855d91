"""The retraining that a verdict asked for, seen from outside: which run it is, what it says, how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from flows.clients.monitor import ask as ask_monitor
from flows.errors import NotUp, StepFailed
from flows.settings import Settings
from flows.steps import Say

_ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
_POLL_SECONDS = 0.5
_START_SECONDS = 60.0
_RUN_SECONDS = 900.0


@dataclass(frozen=True)
class Retraining:
    """A run that has ended."""

    url: str
    seconds: float
    """From the verdict to its end."""
    runs: int
    """How many the monitor started for the verdict."""
    actions: Sequence[Mapping[str, Any]]
    """What was noted at the verdict, oldest first."""


def follow(settings: Settings, verdict: str, say: Say) -> Retraining:
    """Return when the run that the monitor starts for a verdict has ended, its log told meanwhile.

    Raises StepFailed where there is none, or it did not complete; NotUp.
    """
    began = time.monotonic()
    run = _until(lambda: _verdict(settings, verdict)["delivery"]["run"], _START_SECONDS)
    if run is None:
        raise StepFailed(f"the monitor started no run: {_verdict(settings, verdict)['delivery']}")
    url = f"{settings.orchestrator_url}/runs/flow-run/{run}"
    say(f"the monitor started {url}")
    told = 0

    def ended() -> str | None:
        nonlocal told
        for line in _log(settings, run, told):
            say(f"  {line}")
            told += 1
        state = _prefect(settings, "GET", f"/flow_runs/{run}")["state"]
        return state["type"] if state["type"] in _ENDED else None

    state = _until(ended, _RUN_SECONDS)
    found = _verdict(settings, verdict)
    if state != "COMPLETED":
        raise StepFailed(f"the run {url} is {state or 'not over'}: {[action['what'] for action in found['actions']]}")
    return Retraining(url, round(time.monotonic() - began, 1), found["delivery"]["attempt"], found["actions"])


def _until(found: Callable[[], str | None], seconds: float) -> str | None:
    deadline = time.monotonic() + seconds
    while (value := found()) is None and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return value


def _verdict(settings: Settings, verdict: str) -> dict[str, Any]:
    return ask_monitor(settings, "GET", f"/v1/verdicts/{verdict}")


def _log(settings: Settings, run: str, offset: int) -> list[str]:
    """The lines of a run's log behind those that were told."""
    asked = {"logs": {"flow_run_id": {"any_": [run]}}, "sort": "TIMESTAMP_ASC", "offset": offset}
    return [entry["message"] for entry in _prefect(settings, "POST", "/logs/filter", asked)]


def _prefect(settings: Settings, method: str, path: str, asked: dict[str, Any] | None = None) -> Any:
    url = f"{settings.orchestrator_url}/api{path}"
    try:
        response = httpx.request(method, url, json=asked, timeout=30)
        response.raise_for_status()
    except httpx.HTTPError as error:
        raise NotUp("orchestrator", url) from error
    return response.json()
