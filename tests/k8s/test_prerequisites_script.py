"""The script for a cluster's prerequisites: what it says before it touches anything, and that shellcheck agrees."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.k8s.manifests import FOLDER
from tests.programs import program

SCRIPT = FOLDER / "prerequisites.sh"
STAND_IN = """#!/bin/bash
case "$*" in
    *"--raw /version"*) echo '{"major": "1", "minor": "%s+", "gitVersion": "v1.%s.0"}' ;;
    *current-context*) echo kind-credence ;;
    *) echo "$0 $*" >> "$CALLS" ;;
esac
"""


def run(
    tmp_path: Path, *arguments: str, minor: str = "34", tools: tuple[str, ...] = ("kubectl", "helm")
) -> tuple[int, str, str]:
    """Its exit code, what it said, and the calls that would have changed a cluster."""
    for tool in tools:
        program = tmp_path / tool
        program.write_text(STAND_IN % (minor, minor))
        program.chmod(0o755)
    for tool in ("bash", "sed", "env"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    calls = tmp_path / "calls"
    done = subprocess.run(
        [SCRIPT, *arguments],
        env={**os.environ, "PATH": str(tmp_path), "CALLS": str(calls)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr, calls.read_text() if calls.exists() else ""


def test_installs_pinned_charts_and_waits(tmp_path: Path) -> None:
    code, said, calls = run(tmp_path)
    assert code == 0, said
    assert "--version v1.17.0 --set crds.enabled=true" in calls
    assert "kserve-resources --namespace kserve --create-namespace --wait" in calls
    assert "kserve.controller.deploymentMode=Standard" in calls
    assert "gateway" not in calls.replace("controller.gateway.disable", "")


def test_gateway_api_is_asked_for(tmp_path: Path) -> None:
    code, said, calls = run(tmp_path, "--gateway-api")
    assert code == 0, said
    assert "gateway-api/releases/download/v1.5.1/standard-install.yaml" in calls
    assert "envoyproxy/gateway-helm" in calls


@pytest.mark.parametrize(
    ("arguments", "minor", "tools", "code", "message"),
    [
        (("--gateway",), "34", ("kubectl", "helm"), 2, "usage: k8s/prerequisites.sh [--gateway-api]"),
        ((), "31", ("kubectl", "helm"), 1, "Kubernetes 1.32 or later is needed, this is 1.31"),
        ((), "34", ("kubectl",), 1, "helm is needed and not on the PATH"),
    ],
    ids=["unknown option", "old cluster", "no helm"],
)
def test_refuses_and_changes_nothing(
    tmp_path: Path, arguments: tuple[str, ...], minor: str, tools: tuple[str, ...], code: int, message: str
) -> None:
    ended, said, calls = run(tmp_path, *arguments, minor=minor, tools=tools)
    assert (ended, calls) == (code, "")
    assert message in said


def test_shellcheck_finds_nothing() -> None:
    done = subprocess.run([program("shellcheck"), SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
