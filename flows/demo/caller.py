"""A caller in a process of its own, who asks for one decision after the other whatever the platform is doing meanwhile.

`python -m flows.demo.caller URL FILE [PAUSE]` posts the file's content, waits for so many seconds, and so on until it
is terminated; then it writes what it counted to stdout as JSON.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import httpx

_PAUSE = 0.2
"""Seconds between an answer and the next request, where none are given: a caller, not a load."""
_PATIENCE = 5.0
_ENDING = 15.0


class Caller:
    """The process, from outside."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def end(self) -> dict[str, Any]:
        """End it; what it counted."""
        self._process.terminate()
        counted, _ = self._process.communicate(timeout=_ENDING)
        found: dict[str, Any] = json.loads(counted)
        return found


@contextlib.contextmanager
def calling(url: str, request: dict[str, Any]) -> Iterator[Caller]:
    """A caller who asks there until it is ended, or the block is left."""
    with tempfile.TemporaryDirectory(prefix="credence-caller-") as directory:
        body = Path(directory) / "request.json"
        body.write_text(json.dumps(request))
        command = [sys.executable, "-m", "flows.demo.caller", url, str(body)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
            try:
                yield Caller(process)
            finally:
                process.kill()


def main(url: str, file: str, pause: str | float = _PAUSE) -> None:
    """Ask until SIGTERM."""
    body, ending = Path(file).read_bytes(), False

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal ending
        ending = True

    signal.signal(signal.SIGTERM, end)
    counted: dict[str, Any] = {"asked": 0, "failed": 0, "first_failure": None, "versions": {}, "slowest_ms": 0.0}
    with httpx.Client(timeout=_PATIENCE, headers={"Content-Type": "application/json"}) as client:
        while not ending:
            _ask(client, url, body, counted)
            time.sleep(float(pause))
    sys.stdout.write(json.dumps(counted))


def _ask(client: httpx.Client, url: str, body: bytes, counted: dict[str, Any]) -> None:
    began = time.perf_counter()
    counted["asked"] += 1
    try:
        response = client.post(url, content=body)
        response.raise_for_status()
        version = response.json()["parameters"]["model_version"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        counted["failed"] += 1
        said = f"{datetime.now(UTC):%H:%M:%S} UTC: {str(error) or type(error).__name__}"
        counted["first_failure"] = counted["first_failure"] or said
        return
    counted["versions"][version] = counted["versions"].get(version, 0) + 1
    counted["slowest_ms"] = max(counted["slowest_ms"], round(1000 * (time.perf_counter() - began), 1))


if __name__ == "__main__":
    main(*sys.argv[1:])
