"""The client of Prefect's server over plain HTTP, because importing Prefect takes seconds."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Any

import httpx

from flows.errors import NotUp
from flows.settings import PlatformSettings

POOL = "credence"
"""The work pool of the deployments' runs."""
DEPLOYMENT = "credence"
"""Name of each deployment; the flow's name stands before it: `retrain/credence`."""
HEALTH = "/api/health"
_HEALTH_SECONDS = 2.0
_SECONDS = 30.0
_POLL_SECONDS = 0.2


def prefect_environment(settings: PlatformSettings) -> dict[str, str]:
    """Prefect's settings for each of our processes: the address of its server, and no telemetry."""
    return {
        "PREFECT_HOME": str(settings.folder / "prefect"),
        "PREFECT_API_URL": f"{settings.orchestrator_url}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",  # without a server, we run plain functions instead
        "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
        "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",  # it stores a run's exception; the default would be a pickle
        "DO_NOT_TRACK": "1",
    }


def run_page(settings: PlatformSettings, run: object) -> str:
    """The URL of a run's page, by the run's id."""
    return f"{settings.orchestrator_page}/runs/flow-run/{run}"


def pool_page(settings: PlatformSettings) -> str:
    """The URL of the work pool's page, which shows its workers."""
    return f"{settings.orchestrator_url}/work-pools/work-pool/{POOL}"


def server_answers(settings: PlatformSettings) -> bool:
    """Whether Prefect's server is up."""
    try:
        return httpx.get(settings.orchestrator_url + HEALTH, timeout=_HEALTH_SECONDS).status_code == 200
    except httpx.HTTPError:
        return False


async def wait_for_server(settings: PlatformSettings, seconds: float = float("inf")) -> None:
    """Return when Prefect's server answers. Raises NotUp if it does not answer within `seconds`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if await asyncio.to_thread(server_answers, settings):
            return
        await asyncio.sleep(_POLL_SECONDS)
    raise NotUp("Prefect server", settings.orchestrator_url)


def last_heartbeat(settings: PlatformSettings) -> float:
    """When a worker of the pool last sent a heartbeat, in seconds since 1970; 0 for never."""
    url = f"{settings.orchestrator_url}/api/work_pools/{POOL}/workers/filter"
    try:
        response = httpx.post(url, json={}, timeout=_HEALTH_SECONDS)
    except httpx.HTTPError:
        return 0.0
    if response.status_code != 200:
        return 0.0
    return max((datetime.fromisoformat(each["last_heartbeat_time"]).timestamp() for each in response.json()), default=0)


def run_state(settings: PlatformSettings, run: str) -> str:
    """The type of a run's state, `RUNNING` for instance. Raises NotUp."""
    return str(_ask(settings, "GET", f"/flow_runs/{run}")["state"]["type"])


def run_log(settings: PlatformSettings, run: str, offset: int) -> list[str]:
    """The lines of a run's log after the first `offset` lines. Raises NotUp."""
    content = {"logs": {"flow_run_id": {"any_": [run]}}, "sort": "TIMESTAMP_ASC", "offset": offset}
    return [entry["message"] for entry in _ask(settings, "POST", "/logs/filter", content)]


def _ask(settings: PlatformSettings, method: str, path: str, content: dict[str, Any] | None = None) -> Any:
    url = f"{settings.orchestrator_url}/api{path}"
    try:
        response = httpx.request(method, url, json=content, timeout=_SECONDS)
        response.raise_for_status()
    except httpx.HTTPError as error:
        raise NotUp("orchestrator", url) from error
    return response.json()
