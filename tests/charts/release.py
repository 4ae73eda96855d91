"""Releases of the chart on the cluster that `kubectl` points at, for tests that are asked for."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.charts.chart import CHART

ASKED = os.environ.get("CREDENCE_TEST_CLUSTER") == "1"
NEEDS_CLUSTER = pytest.mark.skipif(not ASKED, reason="CREDENCE_TEST_CLUSTER=1 asks for tests on a real cluster")
_IMAGES = os.environ.get("CREDENCE_TEST_IMAGES", "localhost/credence")
_TAG = os.environ.get("CREDENCE_TEST_TAG", "dev")
IMAGES = [
    *(f"--set=image.{name}.repository={_IMAGES}/{name}" for name in ("predictor", "explainer", "platform")),
    f"--set=image.tag={_TAG}",
]
DEPLOYMENT = "--set=serving.mode=deployment"
ELSEWHERE = ("--set=mlflow.url=http://mlflow.invalid", "--set=prefect.url=http://prefect.invalid")
"""Values under which little is started."""


def image(name: str) -> str:
    """One of those that tests are told to take."""
    return f"{_IMAGES}/{name}:{_TAG}"


def restricted(name: str, **container: Any) -> dict[str, Any]:
    """A pod's specification as pod security `restricted` wants it."""
    security = {"runAsNonRoot": True, "runAsUser": 10001, "fsGroup": 10001, "fsGroupChangePolicy": "OnRootMismatch"}
    limits = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    mounts = [{"name": "tmp", "mountPath": "/tmp"}, *container.pop("volumeMounts", [])]
    return {
        "securityContext": {**security, "seccompProfile": {"type": "RuntimeDefault"}},
        "terminationGracePeriodSeconds": 10,
        "containers": [{"name": name, "securityContext": limits, "volumeMounts": mounts, **container}],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }


class CommandError(AssertionError):
    """A command that was expected to work."""


def run(*command: str, given: str | None = None) -> str:
    """What a command wrote. Raises CommandError with what it said."""
    done = subprocess.run(command, input=given, capture_output=True, text=True)
    if done.returncode:
        raise CommandError(f"{' '.join(command)}: {done.stderr.strip()}\n{done.stdout.strip()}")
    return done.stdout


class Namespace:
    """A namespace that enforces pod security `restricted`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def kubectl(self, *arguments: str, given: str | None = None) -> str:
        """As `run`."""
        return run("kubectl", "--namespace", self.name, *arguments, given=given)

    def helm(self, command: str, *arguments: str) -> str:
        """As `run`."""
        return run("helm", command, "--namespace", self.name, *arguments)

    def install(self, release: str, *options: str) -> str:
        """What `helm install` wrote, or with `upgrade` among the options, that."""
        return self.helm("upgrade", "--install", release, str(CHART), *IMAGES, *options)

    def get(self, *arguments: str) -> list[dict[str, Any]]:
        """Objects."""
        items: list[dict[str, Any]] = json.loads(self.kubectl("get", *arguments, "--output=json"))["items"]
        return items

    def names(self, kinds: str) -> set[str]:
        """What is there, as `kind/name`."""
        return set(self.kubectl("get", kinds, "--output=name", "--selector=app.kubernetes.io/name=credence").split())


@contextmanager
def namespace(name: str) -> Iterator[Namespace]:
    """A new namespace, deleted afterwards."""
    run("kubectl", "wait", "--for=delete", f"namespace/{name}", "--timeout=120s")  # a run before this one's
    label = {"pod-security.kubernetes.io/enforce": "restricted"}
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": label}}
    run("kubectl", "apply", "--filename=-", given=json.dumps(made))
    run("kubectl", "wait", "--namespace", name, "--for=create", "serviceaccount/default", "--timeout=60s")
    try:
        yield Namespace(name)
    finally:
        run("kubectl", "delete", "namespace", name, "--wait=false")
