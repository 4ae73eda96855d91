"""The explainer as a process of its own environment, which has Alibi and its old pins."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from tests.ports import unused_port
from tests.toy.fields import TOY_HISTORY
from training.bundle.history import write_history

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-explainer" / "bin" / "python"

APPLICATION = {
    "AMT_INCOME_TOTAL": 135_000.0,
    "AMT_CREDIT": 568_800.0,
    "CNT_CHILDREN": 2,
    "DAYS_EMPLOYED": -637,
    "EXT_SOURCE_1": 0.5,
    "EXT_SOURCE_2": 0.25,
    "EXT_SOURCE_3": None,
    "NAME_INCOME_TYPE": "Working",
    "CODE_GENDER": "F",
}
_TYPES = {"NAME_INCOME_TYPE": "BYTES", "CODE_GENDER": "BYTES", "SK_ID_CURR": "INT64"}


class Explainer:
    """A running explainer."""

    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.log = log

    def post(self, path: str, content: Any, headers: dict[str, str] | None = None) -> httpx.Response:
        """One request; content that is not bytes is sent as JSON."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        sent = {"content-type": "application/json", **(headers or {})}
        return httpx.post(self.url + path, content=body, headers=sent, timeout=60)

    def explain(self, application: dict[str, Any], **parameters: Any) -> Any:
        """The explanation of one application, by V2."""
        body = {"inputs": tensors_of(application), "parameters": parameters}
        answer = self.post("/v2/models/credit-default/infer", body)
        assert answer.status_code == 200, answer.text
        (output,) = answer.json()["outputs"]
        return json.loads(output["data"][0])


def tensors_of(*applications: dict[str, Any]) -> list[dict[str, Any]]:
    """One JSON tensor for each name."""
    return [
        {
            "name": name,
            "shape": [len(applications)],
            "datatype": _TYPES.get(name, "FP64"),
            "data": [application[name] for application in applications],
        }
        for name in applications[0]
    ]


@pytest.fixture
def application() -> dict[str, Any]:
    return dict(APPLICATION)


@pytest.fixture
def tensors() -> Callable[..., list[dict[str, Any]]]:
    return tensors_of


@pytest.fixture(scope="session")
def python() -> Path:
    """The explainer's own interpreter, if it is set up."""
    if not PYTHON.exists():
        pytest.skip("no .venv-explainer here: make setup")
    return PYTHON


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory, toy_bundle: Path) -> Path:
    """A repository with version 3 and the history of client 100001."""
    directory = tmp_path_factory.mktemp("explained")
    (directory / "3").symlink_to(toy_bundle)
    names = TOY_HISTORY
    write_history(directory, np.array([100_001]), np.array([[90, 1]], np.float32), names, datetime.now(UTC).date())
    return directory


@pytest.fixture(scope="session")
def explainer(tmp_path_factory: pytest.TempPathFactory, python: Path, models: Path) -> Iterator[Explainer]:
    """Started as KServe's controller does, with its arguments behind ours; ended by SIGTERM."""
    port = unused_port()
    log = tmp_path_factory.mktemp("explainer") / "stderr"
    command = [str(python), "-m", "serving.explainer", "--models", str(models), "--version", "3"]
    command += ["--model_name", "credit-default", "--predictor_host", "nowhere.test", "--http_port", str(port)]
    command += ["--workers", "1", "--allowed-origins", "https://desk.example.com"]
    command += ["--host", "::"]
    with log.open("wb") as errors:
        process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=errors, cwd=log.parent)
    started = Explainer(port, log)
    _wait_ready(started, process)
    yield started
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


def _wait_ready(started: Explainer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.TransportError):
            if httpx.get(f"{started.url}/v2/health/ready").status_code == 200:
                return
        time.sleep(0.1)
    process.kill()
    pytest.fail(f"the explainer did not become ready: {started.log.read_text()}")
