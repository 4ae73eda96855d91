"""The client of Prefect's server over plain HTTP, for all that need not wait until Prefect itself is imported."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Any

import httpx

from flows.errors import NotUp
from flows.settings import PlatformSettings

POOL = "credence"
"""The work pool that the runs of deployments are taken from."""
DEPLOYMENT = "credence"
"""Name of each deployment, behind its flow's: `retrain/credence`."""
HEALTH = "/api/health"
_HEALTH_SECONDS = 2.0
_SECONDS = 30.0
_POLL_SECONDS = 0.2


def prefect_environment(settings: PlatformSettings) -> dict[str, str]:
    """What Prefect is told in whatever process of ours uses it: where its server is, and to keep to itself."""
    return {
        "PREFECT_HOME": str(settings.folder / "prefect"),
        "PREFECT_API_URL": f"{settings.orchestrator_url}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",  # without its server a run is a plain function's
        "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
        "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",  # it keeps what a run raised, by default as a pickle
        "DO_NOT_TRACK": "1",
    }


def run_page(settings: PlatformSettings, run: object) -> str:
    """Where a person sees a run, by its id."""
    return f"{settings.orchestrator_page}/runs/flow-run/{run}"


def pool_page(settings: PlatformSettings) -> str:
    """Where a person sees the work pool with its workers."""
    return f"{settings.orchestrator_url}/work-pools/work-pool/{POOL}"


def server_answers(settings: PlatformSettings) -> bool:
    """Whether Prefect's server is up."""
    try:
        return httpx.get(settings.orchestrator_url + HEALTH, timeout=_HEALTH_SECONDS).status_code == 200
    except httpx.HTTPError:
        return False


async def wait_for_server(settings: PlatformSettings, seconds: float = float("inf")) -> None:
    """Return when Prefect's server answers. Raises NotUp if it does not within so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if await asyncio.to_thread(server_answers, settings):
            return
        await asyncio.sleep(_POLL_SECONDS)
    raise NotUp("Prefect server", settings.orchestrator_url)


def last_heartbeat(settings: PlatformSettings) -> float:
    """When a worker of the pool was last heard of, in seconds since 1970; 0 for never."""
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
    """The lines of a run's log behind the first `offset`. Raises NotUp."""
    asked = {"logs": {"flow_run_id": {"any_": [run]}}, "sort": "TIMESTAMP_ASC", "offset": offset}
    return [entry["message"] for entry in _ask(settings, "POST", "/logs/filter", asked)]


def _ask(settings: PlatformSettings, method: str, path: str, asked: dict[str, Any] | None = None) -> Any:
    url = f"{settings.orchestrator_url}/api{path}"
    try:
        response = httpx.request(method, url, json=asked, timeout=_SECONDS)
        response.raise_for_status()
    except httpx.HTTPError as error:
        raise NotUp("orchestrator", url) from error
    return response.json()
