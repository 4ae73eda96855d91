"""The predictor's admin port: which version it opens."""

from __future__ import annotations

import httpx

from flows.errors import NotDeployed

_LOAD_SECONDS = 60.0


def load(admin_url: str, model: str, version: str) -> None:
    """Let the running predictor open a version, with the client history as it lies there now. Raises NotDeployed."""
    url = f"{admin_url}/v2/repository/models/{model}/load"
    try:
        response = httpx.post(url, json={"parameters": {"version": version}}, timeout=_LOAD_SECONDS)
    except httpx.HTTPError as error:
        raise NotDeployed(f"the predictor's admin port does not answer ({url}): {error}") from error
    if response.status_code != 200:
        raise NotDeployed(f"the predictor does not load version {version}: {response.text[:300]}")


def served(url: str, model: str) -> str | None:
    """The version that the predictor at `url` answers with; None if it does not answer or has none."""
    try:
        response = httpx.get(f"{url}/v2/models/{model}", timeout=5.0)
    except httpx.HTTPError:
        return None
    versions: list[str] = response.json().get("versions", []) if response.status_code == 200 else []
    return versions[0] if versions else None
