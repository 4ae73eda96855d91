"""Releases of the chart on the cluster that `kubectl` points at, for tests that are asked for."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.charts.chart import CHART
from tests.namespaces import Namespace

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


def install(space: Namespace, release: str, *options: str) -> str:
    """What `helm upgrade --install` of the chart with the images that tests are told to take wrote."""
    return space.helm("upgrade", "--install", release, str(CHART), *IMAGES, *options)
