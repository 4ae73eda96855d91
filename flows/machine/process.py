"""Processes of ours: starting them, knowing them again, ending them.

A process id is used again by the system, so a process is ours only if its time of creation is the one we wrote down.
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
"""What this process started, kept: letting go of a child that runs on would be reported as a leak."""
_RELEASE_SECONDS = 1.0
"""A killed process counts as ended some milliseconds before its last thread gives back its ports."""
_CLOCK_SECONDS = 2.0
"""A time of creation is counted from the boot, whose own time moves a little as the clock is set right."""
_TAIL = 5
"""Lines of a dead process's log that its error repeats."""


class Started(msgspec.Struct, frozen=True):
    """A process that we started, as it is written down."""

    pid: int
    created: float
    """Seconds since 1970, as the system reports it."""
    ports: dict[str, int]


Check = str | Callable[[Started], bool]
"""How a service is asked: a path that answers 200, or, where it listens nowhere, whoever else knows."""


@dataclass(frozen=True)
class ServiceProcess:
    """A process as it should be started."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ports: Mapping[str, int]
    """The setting that moves each port, with the port; none for a process that listens nowhere."""
    url: str
    """Where it answers; of one that listens nowhere, the page that shows it."""
    alive: Check
    """Whether it runs as it should."""
    ready: Check
    """Whether it can do its work, which may wait for other services."""
    start_seconds: float
    """Time it may take to be ready."""
    stop_seconds: float
    """Time it may take to end what it does after SIGTERM."""


def check_ports(service: ServiceProcess) -> None:
    """Raises PortTaken for the first of the service's ports that somebody listens on."""
    for setting, port in service.ports.items():
        deadline = time.monotonic() + _RELEASE_SECONDS
        while _is_taken(port):
            if time.monotonic() > deadline:
                raise PortTaken(port, service.name, setting)
            time.sleep(POLL_SECONDS)


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        # past connections may linger on the port; a listener still makes this fail
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def start(service: ServiceProcess, folder: Path, log: Path) -> Started:
    """Start a service in `folder`, its output appended to `log`; it outlives this process and its terminal."""
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
    """The process if it still runs, None if it ended or its id is another's by now."""
    try:
        process = psutil.Process(started.pid)
        another = abs(process.create_time() - started.created) > _CLOCK_SECONDS
        if another or process.status() == psutil.STATUS_ZOMBIE:
            return None
    except psutil.NoSuchProcess:
        return None
    return process


def answers(service: ServiceProcess, check: Check, started: Started) -> bool:
    """Whether the service's answer to a check is yes."""
    if callable(check):
        return check(started)
    try:
        return httpx.get(service.url + check, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def wait(service: ServiceProcess, started: Started, log: Path, check: Check) -> None:
    """Return when a check is passed. Raises NotStarted with the end of its log if it ends or takes too long."""
    deadline = time.monotonic() + service.start_seconds
    while not answers(service, check, started):
        if find(started) is None:
            raise NotStarted(f"the {service.name} ended while it started. {_end_of(log)}")
        if time.monotonic() > deadline:
            raise NotStarted(f"the {service.name} is not ready after {service.start_seconds:.0f} s. {_end_of(log)}")
        time.sleep(POLL_SECONDS)


def stop(started: Started, seconds: float) -> bool:
    """End a process with SIGTERM, and its children; False if SIGKILL was needed after `seconds`.

    What it started as a session of its own is none of its children: a run may start a predictor that outlives it.
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
        child.poll()  # takes note of its end
    return not alive


def _session(process: psutil.Process) -> int | None:
    try:
        return os.getsid(process.pid)
    except ProcessLookupError:
        return None


def _end_of(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-_TAIL:] if log.exists() else []
    return "\n".join([f"Its log is {log} and ends with:", *lines])
