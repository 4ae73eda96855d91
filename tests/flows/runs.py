"""Runs of a real Prefect server, and commands that start and follow them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import httpx

from flows.settings import PlatformSettings

ENDED = {"Completed", "Failed", "Cancelled", "Crashed"}
_SECONDS = 240
_FOLLOW = """
import json, sys
from flows.errors import FlowError
from flows.start import run_as_job
from flows.settings import from_environment
for name, parameters in json.loads(sys.argv[1]):
    try:
        change = run_as_job(name, from_environment(), lambda text: print(text, file=sys.stderr), parameters)
    except FlowError as error:
        print("failed:", error)
    else:
        print(change.id, change.by, change.after)
"""


def post(prefect: httpx.Client, path: str, content: dict[str, Any]) -> dict[str, Any]:
    """The answer of Prefect's server, which must be a success."""
    answer = prefect.post(path, json=content)
    assert answer.is_success, answer.text
    return dict(answer.json())


def start(prefect: httpx.Client, name: str, **parameters: Any) -> str:
    """A run of one of our deployments."""
    deployment = prefect.get(f"/deployments/name/{name}/credence").json()["id"]
    return str(post(prefect, f"/deployments/{deployment}/create_flow_run", {"parameters": parameters})["id"])


def wait(prefect: httpx.Client, run: str, states: set[str] = ENDED) -> dict[str, Any]:
    """The run, once it is in one of these states."""
    deadline = time.monotonic() + _SECONDS
    while (found := prefect.get(f"/flow_runs/{run}").json())["state_name"] not in states:
        assert time.monotonic() < deadline, found["state"]
        assert found["state_name"] not in ENDED, found["state"]
        time.sleep(0.2)
    return dict(found)


def wait_for_a_person(prefect: httpx.Client, run: str) -> None:
    """Until the run is suspended and its form is at the server, which gets it a moment later."""
    keys = wait(prefect, run, {"Suspended"})["state"]["state_details"]["run_input_keyset"]
    deadline = time.monotonic() + _SECONDS
    while any(prefect.get(f"/flow_runs/{run}/input/{keys[part]}").is_error for part in ("schema", "description")):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def artifacts(prefect: httpx.Client, run: str) -> dict[str, str]:
    """What a run left to read, by key."""
    left = prefect.post("/artifacts/filter", json={"flow_runs": {"id": {"any_": [run]}}}).json()
    return {artifact["key"]: str(artifact["data"]) for artifact in left}


def deployments(prefect: httpx.Client) -> list[dict[str, Any]]:
    """All that are registered."""
    return list(prefect.post("/deployments/filter", json={}).json())


def credence(settings: PlatformSettings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, ended."""
    command = [sys.executable, "-c", "from flows.cli import main; main()", *arguments]
    surroundings = {"env": {**os.environ, **settings.environment}, "cwd": settings.folder}
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, **surroundings)


def following(settings: PlatformSettings, *runs: tuple[str, dict[str, Any]]) -> subprocess.Popen[str]:
    """A process that starts these runs, one after the other, and follows each as a command in a cluster does."""
    return subprocess.Popen(
        [sys.executable, "-c", _FOLLOW, json.dumps(runs)],
        env={**os.environ, **settings.environment},
        cwd=settings.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
