from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from flows.machine.platform import Platform
from flows.settings import PlatformSettings
from tests.flows.homes import STRANGE
from tests.ports import unused_port

PORTS = ("mlflow_port", "monitor_port", "http_port", "admin_port", "explainer_port", "prefect_port")
Credence = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def settings(tmp_path: Path, mlflow_tables: Path) -> PlatformSettings:
    """A state folder and free ports; registry, orchestrator and explainer are elsewhere, so that none is started."""
    shutil.copy(mlflow_tables, tmp_path)
    ports = {name: unused_port() for name in PORTS}
    return PlatformSettings(
        home=str(tmp_path / STRANGE),
        mlflow_url=f"sqlite:///{tmp_path / mlflow_tables.name}",
        prefect_url=f"http://127.0.0.1:{ports['prefect_port']}",
        explainer_python=str(tmp_path / "no explainer"),
        **ports,
    )


@pytest.fixture
def platform(settings: PlatformSettings) -> Iterator[Platform]:
    """A platform that is down, and is down again after the test."""
    platform = Platform(settings)
    yield platform
    platform.down(print)


@pytest.fixture
def serving(platform: Platform, toy_repository: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A platform that serves version 1 of the toy repository."""
    monkeypatch.setenv("CREDENCE_DRAIN_SECONDS", "0.1")
    monkeypatch.setenv("CREDENCE_SMOKE_TOKEN", "a-smoke-token-for-tests")
    shutil.copytree(toy_repository, platform.settings.models)
    platform.live = "1"
    platform.up(print)
    return platform


@pytest.fixture
def credence(settings: PlatformSettings, tmp_path: Path) -> Credence:
    """Run the command with these settings, where it may leave what it writes; its exit code, stdout and stderr."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from flows.cli import main; main()", *arguments],
            cwd=tmp_path,
            env={**os.environ, **settings.environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def live_version(settings: PlatformSettings) -> Callable[[], str]:
    """Ask the predictor which version it serves."""

    def ask() -> str:
        metadata = httpx.get(f"{settings.predictor_url}/v2/models/credit-default").json()
        return str(metadata["versions"][0])

    return ask
