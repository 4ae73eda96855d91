"""Whether a version that just went live keeps answering."""

from __future__ import annotations

import re
import time

import httpx

from flows.errors import NotDeployed

_POLL_SECONDS = 0.25
_FAULTS = re.compile(r'^credence_requests_total\{status="5\d\d"\} (\S+)$', re.MULTILINE)


def check(url: str, model: str, version: str, seconds: float) -> None:
    """Return after so many seconds in which the version was ready and no request was answered with a fault of ours.

    Raises NotDeployed as soon as it is not, or one was.
    """
    until = time.monotonic() + seconds
    before = faults(_text(f"{url}/metrics", version))
    while True:
        _text(f"{url}/v2/models/{model}/versions/{version}/ready", version)
        now = faults(_text(f"{url}/metrics", version))
        if now > before:
            raise NotDeployed(f"version {version} answered {now - before} requests with a 5xx while it was watched")
        if time.monotonic() >= until:
            return
        time.sleep(_POLL_SECONDS)


def faults(metrics: str) -> int:
    """The requests answered with a 5xx, as /metrics counts them."""
    return int(sum(float(count) for count in _FAULTS.findall(metrics)))


def _text(url: str, version: str) -> str:
    try:
        response = httpx.get(url, timeout=5.0)
    except httpx.HTTPError as error:
        raise NotDeployed(f"version {version} went silent while it was watched ({url}): {error}") from error
    if response.status_code != 200:
        raise NotDeployed(f"version {version} is not ready while it is watched ({url}): {response.text[:300]}")
    return response.text
