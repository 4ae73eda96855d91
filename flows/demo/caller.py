"""A caller in a separate process, which asks for one decision after another while the platform changes.

`python -m flows.demo.caller URL FILE [PAUSE]` posts the file's content, waits for PAUSE seconds, and repeats this until
it is terminated. Then it writes its counts to stdout as JSON.
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
"""Default seconds between an answer and the next request; short enough for a caller, too long for a load test."""
_PATIENCE = 5.0
_ENDING = 15.0


class Caller:
    """A handle of the caller's process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def end(self) -> dict[str, Any]:
        """End the process; returns its counts."""
        self._process.terminate()
        counted, _ = self._process.communicate(timeout=_ENDING)
        counts: dict[str, Any] = json.loads(counted)
        return counts


@contextlib.contextmanager
def calling(url: str, request: dict[str, Any]) -> Iterator[Caller]:
    """Run a caller that posts the request to `url` until it is ended, or until the block ends."""
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
    """Post the file's content until SIGTERM, then print the counts."""
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
        failure = f"{datetime.now(UTC):%H:%M:%S} UTC: {str(error) or type(error).__name__}"
        counted["first_failure"] = counted["first_failure"] or failure
        return
    counted["versions"][version] = counted["versions"].get(version, 0) + 1
    counted["slowest_ms"] = max(counted["slowest_ms"], round(1000 * (time.perf_counter() - began), 1))


if __name__ == "__main__":
    main(*sys.argv[1:])
