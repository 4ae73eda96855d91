"""Closed cohorts, as the monitor holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import httpx
import msgspec
import pyarrow as pa
import pyarrow.compute

from flows.clients.monitor import ask
from flows.errors import FlowError, NotUp
from flows.settings import Settings
from monitoring.verdict import Cohort

_SECONDS = 120.0


def closed(settings: Settings) -> list[Cohort]:
    """All closed cohorts, the last closed first. Raises NotUp, FlowError."""
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


def latest(found: Sequence[Cohort], version: str) -> Cohort | None:
    """That of a version's last window, which need not be the last one whose outcomes were known; None without any."""
    return max((cohort for cohort in found if cohort.version == version), key=lambda one: one.number, default=None)


def before(tables: Mapping[str, pa.Table], held_out: pa.Table) -> dict[str, pa.Table]:
    """The records of cohorts in the order of their first, without cohorts that began after the one that is held out."""
    began = {name: _began(table) for name, table in tables.items()}
    return {name: tables[name] for name in sorted(began, key=began.__getitem__) if began[name] < _began(held_out)}


def _began(table: pa.Table) -> int:
    return int(pa.compute.min(table.column("at")).as_py())


def fetch(settings: Settings, cohort: str) -> pa.Table:
    """Every record of a window, which may not be closed as a cohort, with known outcomes. Raises NotUp, FlowError."""
    url = f"{settings.monitor_url}/v1/cohorts/{cohort}/records"
    try:
        response = httpx.get(url, headers=settings.monitor_headers, timeout=_SECONDS)
    except httpx.HTTPError as error:
        raise NotUp("monitor", url) from error
    if response.status_code != 200:
        raise FlowError(f"the monitor refused GET {url}: {response.text[:300]}")
    try:
        with pa.ipc.open_stream(response.content) as stream:
            return stream.read_all()
    except pa.ArrowException as error:
        raise FlowError(f"{url} answered no Arrow stream: {error}") from error
