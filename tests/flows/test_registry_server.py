"""The registry that `credence up` starts, which is the module's, and a version that is put where pods fetch it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.cli import credence
from flows.machine.platform import Platform
from flows.settings import PlatformSettings
from tests.flows.homes import STRANGE
from tests.ports import unused_port
from training.bundle import Bundle, BundleError, remote
from training.registry import Figures, Registry

PORTS = ("mlflow_port", "monitor_port", "http_port", "admin_port", "explainer_port")


@pytest.fixture(scope="module")
def platform(mlflow_tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform with a registry, because a database alone hands out no files."""
    folder = tmp_path_factory.mktemp("registry")
    settings = PlatformSettings(
        home=str(folder / STRANGE),
        prefect_url=f"http://127.0.0.1:{unused_port()}",
        explainer_python=str(folder / "no explainer"),
        **{name: unused_port() for name in PORTS},
    )
    (settings.folder / "mlflow").mkdir(parents=True)
    shutil.copy(mlflow_tables, settings.folder / "mlflow" / "mlflow.sqlite")
    platform = Platform(settings)
    try:
        assert platform.up(print) == ["registry", "monitor"]
        yield platform
    finally:
        assert set(platform.down(print)) == {"registry", "monitor"}


@pytest.fixture
def version(platform: Platform, toy_bundle: Path) -> str:
    """A version of the toy bundle in the registry."""
    registry = Registry(platform.settings.registry_url)
    return registry.register(toy_bundle, Figures({"seed": 1}, {"auc": 0.7}, [], "")).number


def test_server_hands_out_what_it_was_given(platform: Platform, version: str, tmp_path: Path) -> None:
    folder, registry = platform.settings.folder, Registry(platform.settings.registry_url)
    Bundle.open(registry.download(version, tmp_path / "models")).check_replay()
    databases = {path.name for parent in (folder / "mlflow", folder) for path in parent.glob("*.sqlite")}
    assert databases == {"mlflow.sqlite", "records.sqlite"}
    assert list(folder.glob("mlflow/artifacts/**/bundle.json"))
    assert list(folder.parent.iterdir()) == [folder]


def test_published_version_is_fetched(platform: Platform, version: str, tmp_path: Path) -> None:
    url, aliases = platform.settings.registry_url, Registry(platform.settings.registry_url).aliases()
    with pytest.raises(BundleError, match="it is not published there"):
        remote.fetch(url, "credit-default", version, tmp_path / "before")
    done = subprocess.run(
        [sys.executable, "-c", "from flows.cli import main; main()", "publish", version, "--json"],
        env={**os.environ, **platform.settings.environment},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert json.loads(done.stdout) == {"version": version, "url": url, "folder": f"served/credit-default/{version}"}
    Bundle.open(remote.fetch(url, "credit-default", version, tmp_path / "after")).check_replay()
    assert Registry(url).aliases() == aliases


def test_missing_version_is_not_published(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in platform.settings.environment.items():
        monkeypatch.setenv(name, value)
    refused = CliRunner().invoke(credence, ["publish", "999"])
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "version=999) not found" in refused.stderr
