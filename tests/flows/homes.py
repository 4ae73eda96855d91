"""Homes of tests: the name of a state folder, and a home that is a folder, for what a change does in any place."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flows.runs.promote import Considered, carry_out
from training.registry import Registry
from training.registry.trail import Change, Gate

Tick = Callable[[str], None]
"""Called before and after each step, with its name and version."""

STRANGE = "home 50 %20 #1?"
"""The name of a state folder that would have another meaning in a URL."""

PASSED = Gate(
    answer="promote",
    why="all criteria hold",
    criteria=(),
    cohort="1-1",
    population="everybody",
    rows=0,
    labelled=0,
    defaults=0,
    dropped=0,
)


class Folder:
    """What answers is in one file, what a restart brings up in another; `tick` may raise or kill."""

    def __init__(self, path: Path, tick: Tick = lambda _: None) -> None:
        self._path = path
        self._tick = tick

    @contextmanager
    def alone(self) -> Iterator[None]:
        yield

    def live(self) -> str | None:
        file = self._path / "answering"
        return file.read_text() if file.exists() else None

    def deploy(self, version: str) -> None:
        self._write("answering", version, "deploy")

    def prove(self, version: str) -> None:
        self._tick(f"prove {version}")
        assert self.live() == version

    def watch(self, version: str) -> None:
        self._tick(f"watch {version}")

    def establish(self, version: str) -> None:
        self._write("established", version, "establish")

    def withdraw(self) -> None:
        for name in ("answering", "established"):
            (self._path / name).unlink(missing_ok=True)

    def _write(self, name: str, version: str, step: str) -> None:
        self._tick(f"{step} {version}")
        self._path.mkdir(exist_ok=True)
        (self._path / name).write_text(version)
        self._tick(f"{step} {version} done")


class Ticking(Registry):
    """A registry that ticks whenever it writes."""

    def __init__(self, url: str, model: str, tick: Tick = lambda _: None) -> None:
        super().__init__(url, model)
        self.tick = tick

    def begin(self, change: Change) -> Change:
        return self._around("begin", lambda: super(Ticking, self).begin(change))

    def alias(self, name: str, number: str) -> None:
        self._around(f"alias {name}", lambda: super(Ticking, self).alias(name, number))

    def finish(self, change: Change) -> None:
        self._around("finish", lambda: super(Ticking, self).finish(change))

    def _around(self, step: str, write: Callable[[], Any]) -> Any:
        self.tick(step)
        result = write()
        self.tick(f"{step} done")
        return result


def promote_and_die(url: str, model: str, path: Path, last: int) -> None:
    """Promote version 2 over version 1 and be killed at the tick `last`; for a process of its own."""
    ticks = 0

    def tick(_: str) -> None:
        nonlocal ticks
        ticks += 1
        if ticks == last:
            os.kill(os.getpid(), signal.SIGKILL)

    home, registry = Folder(path, tick), Ticking(url, model, tick)
    carry_out(Considered("2", "1", PASSED), home, registry, by="a test", say=print)


def refusing(error: BaseException, *steps: str) -> Tick:
    """Raise at these steps, whenever they are taken."""

    def tick(taken: str) -> None:
        if taken in steps:
            raise error

    return tick
