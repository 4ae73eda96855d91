"""Whether a version that just went live keeps answering."""

from __future__ import annotations

import re
import time

import httpx

from flows.errors import NotDeployed, Silent

_POLL_SECONDS = 0.25
_FAULTS = re.compile(r'^credence_requests_total\{kind="infer",status="5\d\d"\} (\S+)$', re.MULTILINE)


class Watched:
    """One predictor that serves a version, and the faults that it had answered with when the watching began."""

    def __init__(self, url: str, model: str, version: str) -> None:
        """Nothing is asked yet."""
        self._url = url
        self._ready = f"{url}/v2/models/{model}/versions/{version}/ready"
        self._version = version
        self._before: int | None = None

    def look(self) -> None:
        """Raises Silent if it does not answer, NotDeployed if it is not ready or answered a 5xx since the first."""
        self._text(self._ready)
        now = self._faults()
        if self._before is None:
            self._before = now
        if now > self._before:
            raise NotDeployed(
                f"version {self._version} answered {now - self._before} requests with a 5xx while it was watched"
            )

    def _faults(self) -> int:
        return faults(self._text(f"{self._url}/metrics"))

    def _text(self, url: str) -> str:
        version = self._version
        try:
            response = httpx.get(url, timeout=5.0)
        except httpx.HTTPError as error:
            raise Silent(f"version {version} went silent while it was watched ({url}): {error}") from error
        if response.status_code != 200:
            raise NotDeployed(f"version {version} is not ready while it is watched ({url}): {response.text[:300]}")
        return response.text


def check(url: str, model: str, version: str, seconds: float) -> None:
    """Return after so many seconds in which the version was ready and no request was answered with a fault of ours.

    Raises NotDeployed as soon as it is not, or one was.
    """
    watched, until = Watched(url, model, version), time.monotonic() + seconds
    while True:
        watched.look()
        if time.monotonic() >= until:
            return
        time.sleep(_POLL_SECONDS)


def faults(metrics: str) -> int:
    """The requests answered with a 5xx, as /metrics counts them."""
    return int(sum(float(count) for count in _FAULTS.findall(metrics)))
