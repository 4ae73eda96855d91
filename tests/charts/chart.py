"""The chart as tests see it: its files, its values with their explanations, and what `helm template` makes of them."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.programs import program

CHART = Path(__file__).parents[2] / "charts" / "credence"
KSERVE = ("--api-versions", "serving.kserve.io/v1beta1")
GATEWAY = ("--api-versions", "gateway.networking.k8s.io/v1")
_CLUSTER = ("--kube-version", "1.34.0")
"""A helm built from its module would take the cluster for one of years ago."""
_KEY = re.compile(r"^(?P<indent> *)(?P<key>[A-Za-z]+):(?P<value>.*)$")


@dataclass(frozen=True)
class Value:
    """One value that can be set."""

    path: str
    default: Any
    explanation: str


def values(name: str = "values.yaml") -> Any:
    """A file of values, parsed."""
    return yaml.safe_load((CHART / name).read_text())


def explained() -> list[Value]:
    """Every value with the comment above it that begins with `# --`; those without one are left out."""
    found, path, text = [], [], []
    for line in (CHART / "values.yaml").read_text().splitlines():
        key = _KEY.match(line)
        if key:
            depth = len(key["indent"]) // 2
            path = [*path[:depth], key["key"]]
            if text:
                found.append(Value(".".join(path), _at(path), " ".join(text)))
            text = []
        elif (comment := line.strip()).startswith("# --"):
            text = [comment.removeprefix("# --").strip()]
        elif text and comment.startswith("#"):
            text.append(comment.removeprefix("#").strip())
    return found


def _at(path: list[str]) -> Any:
    value = values()
    for key in path:
        value = value[key]
    return value


def render(*options: str, namespace: str = "bank") -> list[dict[str, Any]]:
    """The objects of a release `credence` in a namespace. Raises RenderError with helm's message."""
    return [each for each in yaml.load_all(_rendered(namespace, options), yaml.CSafeLoader) if each]


@cache
def _rendered(namespace: str, options: tuple[str, ...]) -> str:
    done = subprocess.run(
        [program("helm"), "template", "credence", str(CHART), "--namespace", namespace, *_CLUSTER, *options],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RenderError(done.stderr)
    return done.stdout


class RenderError(Exception):
    """Values that the chart does not accept."""


def pick(objects: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    """The one object of that kind and name."""
    (found,) = [each for each in objects if each["kind"] == kind and each["metadata"]["name"] == name]
    return found


def served(objects: list[dict[str, Any]], version: str = "3") -> list[dict[str, Any]]:
    """What promotion would apply for a version."""
    text = pick(objects, "ConfigMap", "credence-serving")["data"]["serving.yaml"]
    return list(yaml.safe_load_all(text.replace("${version}", version)))
