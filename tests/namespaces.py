"""A namespace of the cluster that `kubectl` points at, seen through `kubectl` and `helm`, as an operator sees it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class CommandError(AssertionError):
    """A command failed, or something did not come to be in time; the message says which and what it said."""


def run(*command: str, given: str | None = None, seconds: float = 900, folder: Path | None = None) -> str:
    """What a command wrote to stdout. Raises CommandError with what it said."""
    try:
        done = subprocess.run(
            command, input=given, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False
        )
    except FileNotFoundError as error:
        raise CommandError(f"{command[0]} is needed and not on PATH") from error
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"{' '.join(command)}: not within {seconds:.0f} s") from error
    if done.returncode:
        raise CommandError(f"{' '.join(command)}: {done.stderr.strip()}\n{done.stdout.strip()}")
    return done.stdout


def until(what: str, found: Callable[[], Any], seconds: float, pause: float = 2.0) -> Any:
    """What `found` returns once it is true. Raises CommandError after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (value := found()):
        if time.monotonic() > deadline:
            raise CommandError(f"{what}: not within {seconds:.0f} s")
        time.sleep(pause)
    return value


class Namespace:
    """One namespace."""

    def __init__(self, name: str) -> None:
        self.name = name

    def make(self) -> None:
        """Make it, with pod security `restricted` enforced."""
        label = {"pod-security.kubernetes.io/enforce": "restricted"}
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.name, "labels": label}})
        self.kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=60s")

    def kubectl(self, *arguments: str, given: str | None = None, seconds: float = 900) -> str:
        """As `run`."""
        return run("kubectl", "--namespace", self.name, *arguments, given=given, seconds=seconds)

    def helm(self, command: str, *arguments: str) -> str:
        """As `run`."""
        return run("helm", command, "--namespace", self.name, *arguments)

    def apply(self, *objects: Mapping[str, Any]) -> None:
        """Apply objects."""
        self.kubectl("apply", "--filename=-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def get(self, *arguments: str) -> list[dict[str, Any]]:
        """Objects."""
        items: list[dict[str, Any]] = json.loads(self.kubectl("get", *arguments, "--output=json"))["items"]
        return items

    def one(self, kind: str, name: str) -> dict[str, Any]:
        """An object."""
        return dict(json.loads(self.kubectl("get", kind, name, "--output=json")))

    def names(self, kinds: str) -> set[str]:
        """What is there of a release, as `kind/name`."""
        return set(self.kubectl("get", kinds, "--output=name", "--selector=app.kubernetes.io/name=credence").split())

    def troubles(self) -> str:
        """Its pods, and what was warned of last, for whoever has to find out why something did not come to be."""
        columns = "custom-columns=AT:.lastTimestamp,OF:.involvedObject.name,SAID:.message"
        warnings = ("events", "--field-selector=type=Warning", "--sort-by=.lastTimestamp", f"--output={columns}")
        last = [line[:200] for line in self.kubectl("get", *warnings).splitlines()[-8:]]
        return "\n".join([*last, self.kubectl("get", "pods")])


@contextmanager
def namespace(name: str) -> Iterator[Namespace]:
    """A new namespace, deleted afterwards."""
    run("kubectl", "wait", "--for=delete", f"namespace/{name}", "--timeout=120s")  # a run before this one's
    made = Namespace(name)
    made.make()
    try:
        yield made
    finally:
        run("kubectl", "delete", "namespace", name, "--wait=false")
