"""The platform on this machine: starts its processes, ends them, and reports their status.

A started process is written to `processes.json` in the state folder before any command waits for it. So, if a command
is interrupted, the next command knows which processes run.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import msgspec

from flows.errors import Busy, FlowError, NotStarted
from flows.machine.process import ServiceProcess, Started, answers, check_ports, find, start, stop, wait
from flows.machine.services import explainer_python, services
from flows.settings import PlatformSettings
from flows.steps import Say

_NOTHING_LIVE = "no version is live yet: `credence train` makes one, `credence promote` puts it live"


@dataclass(frozen=True)
class ProcessStatus:
    """One process or pod of the platform."""

    name: str
    state: str
    """`ready`, `not ready` or `down`; a pod may also be `ending`."""
    url: str
    pid: int | None
    version: str | None = None
    """The version that it should serve or explain; for a pod, the version of its answers."""


class Platform:
    """The processes that belong to one state folder."""

    def __init__(self, settings: PlatformSettings, environment: Mapping[str, str] = MappingProxyType({})) -> None:
        """`environment` is added to the environment of every process that is started here."""
        self.settings = settings
        self._environment = environment
        self._folder = settings.folder
        self._book = self._folder / "processes.json"
        self._live = self._folder / "live"

    @property
    def live(self) -> str | None:
        """The version that the predictor serves, or will serve when it is up."""
        return self._live.read_text().strip() if self._live.exists() else None

    @live.setter
    def live(self, version: str) -> None:
        unfinished = self._live.with_suffix(".unfinished")
        unfinished.write_text(version)
        unfinished.rename(self._live)

    def up(self, say: Say) -> list[str]:
        """Start all processes that are not up, and wait until all are ready; returns the names of the started ones.

        Raises PortTaken before any process is started, NotStarted for a process that does not become ready.
        """
        begun = self.begin(say)
        self.wait(say)
        if self.live is None:
            say(_NOTHING_LIVE)
        return begun

    def begin(self, say: Say) -> list[str]:
        """The first half of `up`: start all processes that are not up, and return at once."""
        with self._locked():
            running = self.running()
            for name in ("predictor", "explainer"):
                if name not in running:
                    check_ports(self._service(name, "0"))  # it may start later, for instance after a training
            return self._begin(self._services(self.live), say)

    def wait(self, say: Say) -> None:
        """The second half of `up`: return when all started processes are ready."""
        started = self._read()
        for service in self._services(self.live):
            if service.name in started and not answers(service, service.ready, started[service.name]):
                say(f"waiting for the {service.name}")
                wait(service, started[service.name], self.log(service.name), service.ready)

    def start_predictor(self, version: str, say: Say) -> None:
        """Start a predictor for a version that is in the state folder. Raises PortTaken, NotStarted."""
        with self._locked():
            service = self._service("predictor", version)
            self._begin([service], say)
            wait(service, self._read()[service.name], self.log(service.name), service.ready)

    def start_explainer(self, version: str, say: Say) -> None:
        """Start the explainer for a version that is in the state folder; an explainer of another version is ended.

        It returns at once; the explainer is ready about ten seconds later. Raises PortTaken.
        """
        with self._locked():
            service, entry = self._service("explainer", version), self._read().get("explainer")
            if entry is not None and find(entry) is not None:
                self._end(service, entry, say)
            self._begin([service], say)

    def down(self, say: Say, only: Sequence[str] | None = None) -> list[str]:
        """End the processes in `only`, by default all; returns the names of the ended ones.

        The worker ends first, so that no new run begins. The predictor ends before the monitor, so that its records
        still reach the monitor.
        """
        with self._locked():
            started, ended = self._read(), []
            for service in reversed(self._services(self.live or "0")):
                entry = started.get(service.name)
                if entry is None or (only is not None and service.name not in only):
                    continue
                if find(entry) is not None:
                    say(f"stopping the {service.name}")
                    self._end(service, entry, say)
                    ended.append(service.name)
                del started[service.name]
                self._write(started)
            return ended

    def status(self) -> list[ProcessStatus]:
        """The status of each process."""
        started = self._read()
        statuses = []
        for service in self._services(self.live or "0"):
            entry = started.get(service.name)
            process = find(entry) if entry else None
            state = "down" if entry is None or process is None else self._state(service, entry)
            version = self.live if service.name in ("predictor", "explainer") else None
            statuses.append(ProcessStatus(service.name, state, service.url, process.pid if process else None, version))
        return statuses

    def _state(self, service: ServiceProcess, entry: Started) -> str:
        return "ready" if answers(service, service.ready, entry) else "not ready"

    def running(self) -> list[str]:
        """The names of our processes that run."""
        return [name for name, entry in self._read().items() if find(entry) is not None]

    def log(self, name: str) -> Path:
        """The log file of a process."""
        return self._folder / "logs" / f"{name}.log"

    def _begin(self, services: Sequence[ServiceProcess], say: Say) -> list[str]:
        started = self._read()
        for service in services:
            self._check_moved(service, started.get(service.name))
        missing = [
            service for service in services if self._can_start(service, say) and not self._keeps(service, started, say)
        ]
        for service in missing:
            check_ports(service)
        for service in missing:
            say(f"starting the {service.name} at {service.url}")
            started[service.name] = start(service, self._folder, self.log(service.name))
            self._write(started)
        return [service.name for service in missing]

    def _can_start(self, service: ServiceProcess, say: Say) -> bool:
        installed = service.name != "explainer" or explainer_python(self.settings).exists()
        if not installed:
            say(f"no explainer: {explainer_python(self.settings)} is not there, `make setup` makes it")
        return installed

    def _keeps(self, service: ServiceProcess, started: dict[str, Started], say: Say) -> bool:
        """Whether a service runs and answers. If it runs but does not answer, it is ended, so that it can restart."""
        entry = started.get(service.name)
        if entry is None or find(entry) is None:
            return False
        try:
            wait(service, entry, self.log(service.name), service.alive)
        except NotStarted:
            say(f"the {service.name} runs and does not answer: stopping it")
            self._end(service, entry, say)
            return False
        return True

    def _check_moved(self, service: ServiceProcess, entry: Started | None) -> None:
        if entry is not None and find(entry) is not None and entry.ports != service.ports:
            moved = next(name for name, port in service.ports.items() if entry.ports.get(name) != port)
            raise FlowError(
                f"the {service.name} is up on port {entry.ports.get(moved)}, but {moved} says {service.ports[moved]}: "
                "run `credence down` with the old setting first"
            )

    def _end(self, service: ServiceProcess, entry: Started, say: Say) -> None:
        if not stop(entry, service.stop_seconds):
            say(f"the {service.name} did not end within {service.stop_seconds:.0f} s and was killed")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise Busy(f"another `credence` command is starting or stopping processes in {self._folder}") from error
            yield

    def _read(self) -> dict[str, Started]:
        try:
            return msgspec.json.decode(self._book.read_bytes(), type=dict[str, Started])
        except FileNotFoundError:
            return {}
        except msgspec.DecodeError as error:
            raise FlowError(f"{self._book} is not a list of processes ({error}): end them, then delete it") from error

    def _write(self, started: dict[str, Started]) -> None:
        unfinished = self._book.with_suffix(".unfinished")
        unfinished.write_bytes(msgspec.json.encode(started))
        unfinished.rename(self._book)

    def _services(self, version: str | None) -> list[ServiceProcess]:
        chosen = services(self.settings, version)
        return [replace(each, environment={**each.environment, **self._environment}) for each in chosen]

    def _service(self, name: str, version: str) -> ServiceProcess:
        (service,) = (service for service in self._services(version) if service.name == name)
        return service
