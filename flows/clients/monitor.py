"""Records of answered applications, as the monitor and the prediction log hold them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import httpx

from flows.errors import FlowError, NotUp
from flows.machine.platform import Platform
from flows.settings import Settings

_SECONDS = 60.0


def listed(settings: Settings, client: int | None, version: str | None, limit: int) -> list[dict[str, Any]]:
    """Records, the latest first. Raises NotUp."""
    asked = {"client": client, "version": version, "limit": limit}
    found: list[dict[str, Any]] = ask(
        settings, "GET", "/v1/records", {name: value for name, value in asked.items() if value is not None}
    )["records"]
    return found


def counted(settings: Settings) -> dict[str, Any]:
    """The monitor's figures: answered, received, missing. Raises NotUp."""
    return ask(settings, "GET", "/v1/status")


def forget(settings: Settings, client: int) -> dict[str, int]:
    """Erase a client's records in the prediction log of this machine and in the store; how many each. Raises NotUp.

    The log comes first: what is erased there can no longer reach the store.
    """
    if settings.in_cluster:
        in_log = 0  # nobody but a predictor itself reaches its log, which it ships within seconds
    elif "predictor" in Platform(settings).running():
        url = f"{settings.admin_url}/v1/clients/{client}/records"
        in_log = int(_answer("predictor", "DELETE", url)["forgotten"])
    else:
        from serving.predictor.backlog import forget_in

        directory = settings.folder / "log"
        in_log = forget_in(directory, client) if directory.is_dir() else 0
    return {"log": in_log, "store": int(ask(settings, "DELETE", f"/v1/clients/{client}/records")["forgotten"])}


def ask(settings: Settings, method: str, path: str, query: dict[str, Any] | None = None) -> dict[str, Any]:
    """The monitor's answer. Raises NotUp, FlowError."""
    return _answer("monitor", method, settings.monitor_url + path, query, settings.monitor_headers)


def _answer(
    name: str,
    method: str,
    url: str,
    query: dict[str, Any] | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    try:
        response = httpx.request(method, url, params=query, headers=headers, timeout=_SECONDS)
    except httpx.HTTPError as error:
        raise NotUp(name, url) from error
    if response.status_code != 200:
        raise FlowError(f"the {name} refused {method} {url}: {response.text[:300]}")
    answer: dict[str, Any] = response.json()
    return answer
