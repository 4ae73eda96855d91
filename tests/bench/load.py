"""Load from `wrk`: one C thread that answers itself as fast as a server lets it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SECONDS = 2
CONNECTIONS = 8

_SCRIPT = Path(__file__).with_name("report.lua")


class LoadError(Exception):
    """No figures came of a measurement."""


@dataclass(frozen=True)
class Load:
    """What one measurement saw: requests a second, and latencies in milliseconds."""

    answered: int
    rate: float
    p50: float
    p99: float


def check_installed() -> None:
    """Raises LoadError without wrk."""
    if not shutil.which("wrk"):
        raise LoadError("wrk: expected the load generator in PATH, found none; install the package wrk")


def begin(url: str, body: Path, connections: int, seconds: int) -> subprocess.Popen[str]:
    """Send a body over keep-alive connections for some seconds; `end` waits for the figures."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(_SCRIPT), url]
    environment = {**os.environ, "BODY": str(body)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def end(running: subprocess.Popen[str]) -> Load:
    """Raises LoadError if anything failed, for a failed request is answered faster than a good one."""
    output = running.communicate()[0]
    try:
        seen = json.loads(output.splitlines()[-1])
    except (IndexError, ValueError) as error:
        raise LoadError(f"wrk gave no figures: {output}") from error
    if seen["failed"] or not seen["requests"]:
        raise LoadError(f"{seen['failed']} of {seen['requests']} requests failed")
    rate = seen["requests"] / (seen["microseconds"] / 1e6)
    return Load(seen["requests"], rate, seen["p50"] / 1e3, seen["p99"] / 1e3)
