"""Whether a live version answers its own replay applications as its bundle says, asked over the protocol."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import httpx
import numpy as np

from flows.clients.admin import served
from flows.errors import NotDeployed, OtherVersion, Silent
from training.bundle import Bundle, Rows

TOLERANCE = 1e-6
HEADER = "Credence-Smoke"
"""With the token in it, a predictor answers without recording."""
_SECONDS = 60.0
_AWAY = (502, 503, 504)
"""Statuses that a server, or a proxy before it, answers with while nothing can serve."""


def check(
    url: str, version: str, bundle: Bundle, headers: Mapping[str, str] = MappingProxyType({}), model: str | None = None
) -> int:
    """Ask for the replay applications at `url`, which must not record them; returns how many agreed.

    `model` is its name there, by default the bundle's own.

    Raises OtherVersion if another version answers, Silent if none does, and NotDeployed naming what differs.
    """
    rows, expected = bundle.replay()
    name = model or bundle.manifest.model
    path = f"/v2/models/{name}/versions/{version}/infer"
    try:
        response = httpx.post(url + path, json={"inputs": tensors(rows)}, headers=headers, timeout=_SECONDS)
    except httpx.HTTPError as error:
        raise Silent(f"version {version} does not answer at {url}: {error}") from error
    if response.status_code in _AWAY:
        raise Silent(f"version {version} does not serve at {url}: {response.text[:300]}")
    if response.status_code == 404:
        # one connection each: the second answer may be another server's, and only says more
        raise OtherVersion(f"version {served(url, name) or 'of another model'} answers at {url}, not {version}")
    if response.status_code != 200:
        raise NotDeployed(f"version {version} refuses its replay applications at {url}: {response.text[:300]}")
    answered = response.json()
    if answered["model_version"] != version:
        raise OtherVersion(f"version {answered['model_version']} answers at {url}, not {version}")
    if answered.get("parameters", {}).get("record_ids"):
        raise NotDeployed(f"version {version} recorded its replay applications at {url}, as if they were real ones")
    answer = {output["name"]: output["data"] for output in answered["outputs"]}
    worst = float(np.abs(np.array(answer["probabilite_de_defaut"]) - expected).max())
    policy = bundle.manifest.policy
    decisions = [policy.refuse if value >= policy.threshold else policy.accept for value in expected]
    if worst > TOLERANCE or answer["classe"] != decisions:
        raise NotDeployed(
            f"version {version} answers its {len(rows)} replay applications differently from its bundle: "
            f"probability by up to {worst:.1e}, expected at most {TOLERANCE:.0e} and the same decisions"
        )
    return len(rows)


def tensors(rows: Rows) -> list[dict[str, Any]]:
    """Rows as the graph's own tensors in the protocol's JSON; empty ones are left out."""
    return [
        {"name": name, "shape": list(values.shape), "datatype": datatype, "data": _flat(values)}
        for name, datatype, values in (
            ("numeric", "FP32", rows.numeric),
            ("categorical", "BYTES", rows.categorical),
            ("history", "FP32", rows.history),
        )
        if values.shape[1]
    ]


def _flat(values: Any) -> list[float | str | None]:
    # NaN, the one value that is not itself, is null in JSON
    return [value if value == value else None for value in values.ravel().tolist()]
