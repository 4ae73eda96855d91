"""The monitor's client: reads records, cohorts and verdicts, and sends outcomes, actions and the live version."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import msgspec
import pyarrow as pa

from flows.errors import FlowError, NotUp
from flows.settings import PlatformSettings
from flows.steps import Say
from monitoring.intake.outcomes import ReportedOutcome
from monitoring.verdict import Cohort

_SECONDS = 60.0
_COHORT_SECONDS = 120.0
_NOTE_SECONDS = 10.0
"""Time-out of requests that must not delay a run: a note, and the live version."""
_PAUSES = (1.0, 2.0, 4.0, 0.0)
"""Seconds after each attempt to note an action."""
_LONGEST_NOTE = 1000
"""Most characters of a note."""


def ask_monitor(settings: PlatformSettings, method: str, path: str, query: Mapping[str, Any] | None = None) -> Any:
    """The JSON of the monitor's answer. Raises NotUp, FlowError."""
    return _request(settings, method, path, _SECONDS, params=query).json()


def read_records(
    settings: PlatformSettings, client: int | None, version: str | None, limit: int
) -> list[dict[str, Any]]:
    """Records, the latest first. Raises NotUp, FlowError."""
    filters = {"client": client, "version": version, "limit": limit}
    query = {name: value for name, value in filters.items() if value is not None}
    records: list[dict[str, Any]] = ask_monitor(settings, "GET", "/v1/records", query)["records"]
    return records


def count_records(settings: PlatformSettings) -> dict[str, Any]:
    """The monitor's figures: answered, received, missing. Raises NotUp, FlowError."""
    figures: dict[str, Any] = ask_monitor(settings, "GET", "/v1/status")
    return figures


def erase_records(settings: PlatformSettings, client: int) -> int:
    """Erase a client's records in the store; returns how many. Raises NotUp, FlowError."""
    return int(ask_monitor(settings, "DELETE", f"/v1/clients/{client}/records")["forgotten"])


def review_now(settings: PlatformSettings) -> dict[str, Any]:
    """Let the monitor judge the live version now; returns the verdict. Raises NotUp, FlowError."""
    verdict: dict[str, Any] = ask_monitor(settings, "POST", "/v1/reviews")
    return verdict


def read_verdict(settings: PlatformSettings, verdict: str) -> dict[str, Any]:
    """A verdict, with the run that it started and its actions. Raises NotUp, FlowError."""
    reply: dict[str, Any] = ask_monitor(settings, "GET", f"/v1/verdicts/{verdict}")
    return reply


def closed_cohorts(settings: PlatformSettings) -> list[Cohort]:
    """All closed cohorts, the last closed one first. Raises NotUp, FlowError."""
    cohorts: list[Cohort] = []
    path: str | None = "/v1/cohorts"
    try:
        while path:
            page = ask_monitor(settings, "GET", path)
            cohorts += msgspec.convert(page["cohorts"], list[Cohort])
            path = page.get("next")
    except msgspec.ValidationError as error:
        raise FlowError(f"the monitor at {settings.monitor_url} describes its cohorts otherwise: {error}") from error
    return cohorts


def fetch_records(settings: PlatformSettings, window: str) -> pa.Table:
    """All records of a window with their known outcomes; it need not be a closed cohort. Raises NotUp, FlowError."""
    path = f"/v1/cohorts/{window}/records"
    response = _request(settings, "GET", path, _COHORT_SECONDS)
    try:
        with pa.ipc.open_stream(response.content) as stream:
            return stream.read_all()
    except pa.ArrowException as error:
        raise FlowError(f"{settings.monitor_url}{path} answered no Arrow stream: {error}") from error


def tell_outcomes(settings: PlatformSettings, outcomes: Sequence[ReportedOutcome]) -> None:
    """Send outcomes to the monitor, which stores all or none. Raises NotUp, FlowError."""
    content, headers = msgspec.json.encode({"outcomes": outcomes}), {"Content-Type": "application/json"}
    _request(settings, "POST", "/v1/outcomes", _SECONDS, content=content, headers=headers)


def tell_live(settings: PlatformSettings, version: str, say: Say) -> None:
    """Tell the monitor that a version is live. If the monitor does not answer, the promotion goes on."""
    try:
        _request(settings, "PUT", "/v1/live", _NOTE_SECONDS, json={"version": version})
    except FlowError:
        say("the monitor does not know yet which version is live: the next records show it")


def note_action(
    settings: PlatformSettings,
    verdict: str,
    description: str,
    version: str | None = None,
    url: str | None = None,
    *,
    waits: bool = False,
) -> None:
    """Note an action at a verdict, if `verdict` is not empty. If the monitor does not answer, the note is lost.

    `waits`: the run at `url` continues only when a person agrees.
    """
    if not verdict:
        return
    path, done = (
        f"/v1/verdicts/{verdict}/actions",
        {"what": description[:_LONGEST_NOTE], "version": version, "run": url},
    )
    for pause in _PAUSES:
        try:
            response = _send(settings, "POST", path, _NOTE_SECONDS, json=done | {"waits": waits})
        except NotUp:
            pass
        else:
            if response.status_code < 500:
                return
        time.sleep(pause)


def _request(settings: PlatformSettings, method: str, path: str, seconds: float, **content: Any) -> httpx.Response:
    """A successful answer. Raises NotUp, and FlowError for a refusal."""
    response = _send(settings, method, path, seconds, **content)
    if not response.is_success:
        raise FlowError(f"the monitor refused {method} {settings.monitor_url}{path}: {response.text[:300]}")
    return response


def _send(
    settings: PlatformSettings,
    method: str,
    path: str,
    seconds: float,
    headers: Mapping[str, str] | None = None,
    **content: Any,
) -> httpx.Response:
    url, headers = settings.monitor_url + path, {**(headers or {}), **settings.monitor_headers}
    try:
        return httpx.request(method, url, headers=headers, timeout=seconds, **content)
    except httpx.HTTPError as error:
        raise NotUp("monitor", url) from error
