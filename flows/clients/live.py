"""The monitor: which version it should judge as the live one."""

from __future__ import annotations

import httpx

from flows.settings import Settings
from flows.steps import Say

_SECONDS = 10.0


def tell(settings: Settings, version: str, say: Say) -> None:
    """Tell it that a version is live; one that is away must not hold a promotion up."""
    url, headers = f"{settings.monitor_url}/v1/live", settings.monitor_headers
    try:
        told = httpx.put(url, json={"version": version}, headers=headers, timeout=_SECONDS).status_code < 400
    except httpx.HTTPError:
        told = False
    if not told:
        say("the monitor was not told which version is live: it learns it from the next records")
