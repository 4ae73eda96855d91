"""Starts our processes, finds them again, and ends them.

The system reuses process ids. So a process is ours only if its time of creation is the one that was written down.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec
import psutil

from flows.errors import NotStarted, PortTaken

POLL_SECONDS = 0.1
_CHILDREN: list[subprocess.Popen[bytes]] = []
"""The children of this process. They are kept because Python reports a leak if a running child is deleted."""
_RELEASE_SECONDS = 1.0
"""Seconds to wait for a port: a killed process counts as ended some milliseconds before it releases its ports."""
_CLOCK_SECONDS = 2.0
"""Tolerance for a time of creation: it is relative to the boot time, which changes when the clock is adjusted."""
_TAIL = 5
"""Number of lines of an ended process's log in the error message."""


class Started(msgspec.Struct, frozen=True):
    """A process that we started, as `processes.json` stores it."""

    pid: int
    created: float
    """Seconds since 1970, as the system reports it."""
    ports: dict[str, int]


Check = str | Callable[[Started], bool]
"""A check of a service: a path that must answer 200, or a function if the service listens on no port."""


@dataclass(frozen=True)
class ServiceProcess:
    """The description of a process to start."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ports: Mapping[str, int]
    """Each port by the setting that changes it; empty if the process listens on no port."""
    url: str
    """Its address; if it listens on no port, the page that shows it."""
    alive: Check
    """Whether it runs as it should."""
    ready: Check
    """Whether it can do its work, for which it may need other services."""
    start_seconds: float
    """Seconds in which it must be ready."""
    stop_seconds: float
    """Seconds in which it must finish its work and end after SIGTERM."""


def check_ports(service: ServiceProcess) -> None:
    """Raises PortTaken for the first of the service's ports on which another process listens."""
    for setting, port in service.ports.items():
        deadline = time.monotonic() + _RELEASE_SECONDS
        while _is_taken(port):
            if time.monotonic() > deadline:
                raise PortTaken(port, service.name, setting)
            time.sleep(POLL_SECONDS)


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        # Old connections may remain on the port; only a listener makes `bind` fail.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def start(service: ServiceProcess, folder: Path, log: Path) -> Started:
    """Start a service in `folder` and append its output to `log`. It survives this process and its terminal."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            service.command,
            cwd=folder,
            env={**os.environ, **service.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    _CHILDREN.append(child)
    return Started(child.pid, psutil.Process(child.pid).create_time(), dict(service.ports))


def find(started: Started) -> psutil.Process | None:
    """The process if it still runs; None if it ended, or if another process has its id now."""
    try:
        process = psutil.Process(started.pid)
        another = abs(process.create_time() - started.created) > _CLOCK_SECONDS
        if another or process.status() == psutil.STATUS_ZOMBIE:
            return None
    except psutil.NoSuchProcess:
        return None
    return process


def answers(service: ServiceProcess, check: Check, started: Started) -> bool:
    """Whether a service passes a check."""
    if callable(check):
        return check(started)
    try:
        return httpx.get(service.url + check, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def wait(service: ServiceProcess, started: Started, log: Path, check: Check) -> None:
    """Return when a service passes a check. If it ends or takes too long, raises NotStarted with the end of its log."""
    deadline = time.monotonic() + service.start_seconds
    while not answers(service, check, started):
        if find(started) is None:
            raise NotStarted(f"the {service.name} ended while it started. {_end_of(log)}")
        if time.monotonic() > deadline:
            raise NotStarted(f"the {service.name} is not ready after {service.start_seconds:.0f} s. {_end_of(log)}")
        time.sleep(POLL_SECONDS)


def stop(started: Started, seconds: float) -> bool:
    """End a process and its children with SIGTERM; False if SIGKILL was needed after `seconds`.

    Children in another session are not ended: a run may start a predictor that must survive it.
    """
    process = find(started)
    if process is None:
        return True
    try:
        family = [process, *(child for child in process.children(recursive=True) if _session(child) == started.pid)]
        process.terminate()
    except psutil.NoSuchProcess:
        return True
    _, alive = psutil.wait_procs(family, timeout=seconds)
    for late in alive:
        late.kill()
    psutil.wait_procs(alive, timeout=5)
    for child in _CHILDREN:
        child.poll()  # collects the exit status
    return not alive


def _session(process: psutil.Process) -> int | None:
    try:
        return os.getsid(process.pid)
    except ProcessLookupError:
        return None


def _end_of(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-_TAIL:] if log.exists() else []
    return "\n".join([f"Its log is {log} and ends with:", *lines])
