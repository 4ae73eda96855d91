"""Closed cohorts, as the monitor holds them."""

from __future__ import annotations

import httpx
import msgspec
import pyarrow as pa

from flows.errors import FlowError, NotUp
from flows.records import ask
from flows.settings import Settings
from monitoring.window import Cohort

_SECONDS = 120.0


def closed(settings: Settings) -> list[Cohort]:
    """All closed cohorts, the newest first. Raises NotUp, FlowError."""
    found: list[Cohort] = []
    path: str | None = "/v1/cohorts"
    try:
        while path:
            page = ask(settings, "GET", path)
            found += msgspec.convert(page["cohorts"], list[Cohort])
            path = page.get("next")
    except msgspec.ValidationError as error:
        raise FlowError(f"the monitor at {settings.monitor_url} describes its cohorts otherwise: {error}") from error
    return found


def fetch(settings: Settings, cohort: str) -> pa.Table:
    """Every record of a cohort's window, with the outcomes that are known. Raises NotUp, FlowError."""
    url = f"{settings.monitor_url}/v1/cohorts/{cohort}/records"
    try:
        response = httpx.get(url, timeout=_SECONDS)
    except httpx.HTTPError as error:
        raise NotUp("monitor", url) from error
    if response.status_code != 200:
        raise FlowError(f"the monitor refused GET {url}: {response.text[:300]}")
    try:
        with pa.ipc.open_stream(response.content) as stream:
            return stream.read_all()
    except pa.ArrowException as error:
        raise FlowError(f"{url} answered no Arrow stream: {error}") from error
