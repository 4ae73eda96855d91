"""The cluster that `kubectl` points at, seen through `kubectl` and `helm`, as an operator sees it."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parents[2] / "charts" / "credence"
RELEASE = "credence"


class ClusterError(Exception):
    """A command failed, or something did not come to be in time; the message says which and what it said."""


class Cluster:
    """One namespace of it."""

    def __init__(self, namespace: str) -> None:
        for tool in ("kubectl", "helm"):
            if shutil.which(tool) is None:
                raise ClusterError(f"{tool} is needed and not on PATH")
        self.namespace = namespace

    def kubectl(self, *arguments: str, given: str | None = None, seconds: float = 120) -> str:
        """What it wrote to stdout. Raises ClusterError with what it said."""
        return _run(["kubectl", "--namespace", self.namespace, *arguments], given, seconds)

    def helm(self, *arguments: str, seconds: float = 900) -> str:
        """The same for helm."""
        return _run(["helm", "--namespace", self.namespace, *arguments], None, seconds)

    def get(self, *arguments: str) -> Any:
        """Objects as JSON."""
        return json.loads(self.kubectl("get", *arguments, "--output", "json"))

    def apply(self, *objects: Mapping[str, Any]) -> None:
        """Apply objects."""
        self.kubectl("apply", "--filename", "-", given=yaml.safe_dump_all(objects))

    def credence(self, *arguments: str, seconds: float = 900) -> str:
        """A command of `credence` in the worker's pod."""
        return self.kubectl("exec", f"deploy/{RELEASE}-worker", "--", "credence", *arguments, seconds=seconds)

    def troubles(self) -> str:
        """Its pods, and what it warned of last, for whoever has to find out why something did not come to be."""
        columns = "custom-columns=AT:.lastTimestamp,OF:.involvedObject.name,SAID:.message"
        warnings = ("events", "--field-selector=type=Warning", "--sort-by=.lastTimestamp", f"--output={columns}")
        last = [line[:200] for line in self.kubectl("get", *warnings).splitlines()[-8:]]
        return "\n".join([*last, self.kubectl("get", "pods")])

    def has(self, group: str) -> bool:
        """Whether the cluster has an API group."""
        return group in _run(["kubectl", "api-versions"], None, 60)


def until(what: str, found: Callable[[], Any], seconds: float, pause: float = 2.0) -> Any:
    """What `found` returns once it is true. Raises ClusterError after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (value := found()):
        if time.monotonic() > deadline:
            raise ClusterError(f"{what}: not within {seconds:.0f} s")
        time.sleep(pause)
    return value


def _run(command: list[str], given: str | None, seconds: float) -> str:
    try:
        done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise ClusterError(f"{' '.join(command)}: not within {seconds:.0f} s") from error
    if done.returncode:
        raise ClusterError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()[-3000:]}")
    return done.stdout
