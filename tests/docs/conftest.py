from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.docs.examples import Predictor
from tests.ports import unused_port


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-answers", action="store_true", help="Put a predictor's answers into docs/api.md.")


@pytest.fixture
def predictor(toy_repository: Path, tmp_path: Path) -> Iterator[Predictor]:
    """A predictor process on version 2 of the toy repository, and a monitor."""
    (tmp_path / "models").symlink_to(toy_repository)  # under this name errors show it
    ports = [unused_port() for _ in range(3)]
    settings = {"models": "models", "log_directory": "log", "drain_seconds": 0, "home": "."}
    settings |= {"http_port": ports[0], "admin_port": ports[1], "monitor_port": ports[2], "monitor_models": "models"}
    environment = os.environ | {f"CREDENCE_{name.upper()}": str(value) for name, value in settings.items()}
    with _started("serving.predictor", environment, tmp_path) as process, _started("monitoring", environment, tmp_path):
        found = Predictor(*(f"http://127.0.0.1:{port}" for port in ports))
        _wait_ready(f"{found.url}/v2/health/ready", process)
        _wait_ready(f"{found.monitor_url}/health/ready", process)
        yield found


@contextmanager
def _started(module: str, environment: dict[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-m", module], env=environment, cwd=folder) as process:
        try:
            yield process
        finally:
            process.terminate()


def _wait_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.TransportError):
            if httpx.get(url).status_code == 200:
                return
        time.sleep(0.05)
    pytest.fail(f"{url} did not become ready")
