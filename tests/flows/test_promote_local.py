"""Promotion with the real registry, predictor and monitor on this machine."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil
import pytest

from flows.deploy.laptop import Laptop
from flows.errors import Busy, FlowError
from flows.machine.platform import Platform
from flows.runs.decision import approval
from flows.runs.promote import Considered, carry_out, promote_version, return_to_previous
from flows.settings import PlatformSettings
from flows.status import look
from tests.flows.homes import PASSED
from training.registry import Figures, Registry, RegistryError
from training.registry.trail import Change

Live = Callable[[], str]


@pytest.fixture
def settings(settings: PlatformSettings) -> PlatformSettings:
    """Watching shorter than people would."""
    return msgspec.structs.replace(settings, watch_seconds=0.3)


@pytest.fixture(scope="module")
def database(mlflow_url: str, toy_versions: Path) -> Path:
    """A registry's database with both versions of the toy repository."""
    for number in ("1", "2"):
        Registry(mlflow_url, flow_run="a run of Prefect").register(toy_versions / number, Figures({}, {}, [], ""))
    return Path(mlflow_url.removeprefix("sqlite:///"))


@pytest.fixture
def registry(settings: PlatformSettings, database: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A copy for one test."""
    monkeypatch.setenv("CREDENCE_DRAIN_SECONDS", "0.1")
    shutil.copy(database, settings.mlflow_url.removeprefix("sqlite:///"))
    return Registry(settings.registry_url)


def put_live(version: str, registry: Registry, home: Laptop) -> Change:
    considered = Considered(version, "1", PASSED)
    return carry_out(considered, home, registry, by="a test", say=print)


def test_first_version_needs_a_person(platform: Platform, registry: Registry, live_version: Live) -> None:
    """200 toy applications are too few to judge by; with a reason the version lives, once its steps succeed."""
    settings = platform.settings
    home = Laptop(platform, registry, print)
    undecided = promote_version(registry, settings, home, "1", by="a test", say=print)
    assert (undecided.state, home.live()) == ("undecided", None)
    assert "defaults among 200 known outcomes, 200 are needed" in undecided.why
    done = promote_version(registry, settings, home, "1", by="a test", say=print, decision=approval("a toy"))
    assert (done.state, done.approved, live_version()) == ("done", "a toy", "1")
    found = look(settings)
    assert (found.live, found.mismatches, [change.state for change in found.changes]) == (
        "1",
        [],
        ["done", "undecided"],
    )
    away = look(msgspec.structs.replace(settings, mlflow_url=f"http://127.0.0.1:{settings.mlflow_port}"))
    assert away.live == "1"
    assert "MLflow does not answer" in str(away.registry_away)


def test_version_has_the_id_of_the_run_that_made_it(registry: Registry) -> None:
    assert [version.flow_run for version in registry.versions()] == ["a run of Prefect"] * 2
    run = registry._client.get_run(registry.version("2").run_id)
    assert run.data.tags["credence.flow_run"] == "a run of Prefect"


def test_spoilt_version_is_put_back(serving: Platform, registry: Registry, live_version: Live) -> None:
    registry.alias("champion", "1")
    home = Laptop(serving, registry, print)
    models, before = serving.settings.models, {one.name: one.pid for one in serving.status()}
    shutil.copy(models / "1" / "replay.parquet", models / "2" / "replay.parquet")
    refused = promote_version(
        registry, serving.settings, home, "2", by="a test", say=print, decision=approval("please")
    )
    assert (refused.state, live_version()) == ("refused", "1")
    assert "replay" in refused.why
    undone = put_live("2", registry, home)
    assert (undone.state, live_version(), home.live()) == ("undone", "1", "1")
    assert "does not load version 2" in undone.why
    assert {one.name: one.pid for one in serving.status()} == before


def test_dead_predictor_is_started_again(serving: Platform, registry: Registry, live_version: Live) -> None:
    """The version that is put back answers even if the process of the new one died; then both ways round."""
    registry.alias("champion", "1")

    def kill(said: str) -> None:
        if said.startswith("watching"):
            (pid,) = (one.pid for one in serving.status() if one.name == "predictor")
            predictor = psutil.Process(pid)
            predictor.kill()
            psutil.wait_procs([predictor], 5)

    undone = put_live("2", registry, Laptop(serving, registry, kill))
    assert (undone.state, live_version(), serving.live) == ("undone", "1", "1")
    assert "while it was watched" in undone.why
    home = Laptop(serving, registry, print)
    assert put_live("2", registry, home).state == "done"
    for expected in ("1", "2"):
        return_to_previous(home, registry, by="a test", why="", say=print)
        assert (live_version(), serving.live, registry.aliases()["champion"]) == (expected, expected, expected)


def test_killed_command_is_resumed(platform: Platform, registry: Registry, database: Path, live_version: Live) -> None:
    settings = msgspec.structs.replace(platform.settings, watch_seconds=60.0)
    command = subprocess.Popen(
        [sys.executable, "-c", "from flows.cli import main; main()", "promote", "1", "--approve", "a toy"],
        cwd=database.parent,
        env={**os.environ, **settings.environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    with command, command.stderr as said:  # type: ignore[union-attr]
        assert any(line.startswith("watching version 1") for line in said)
        command.send_signal(signal.SIGKILL)
    assert live_version() == "1"
    assert "is under way or was cut short" in look(platform.settings).mismatches[0]
    home = Laptop(platform, registry, print)
    change = promote_version(registry, platform.settings, home, None, by="a test", say=print)
    assert (change.state, change.after, change.approved) == ("done", "1", "a toy")
    assert (live_version(), look(platform.settings).mismatches) == ("1", [])


def test_registry_away_changes_nothing(serving: Platform, live_version: Live) -> None:
    away = Registry(f"http://127.0.0.1:{serving.settings.mlflow_port}")
    home = Laptop(serving, away, print)
    with pytest.raises(RegistryError, match="MLflow does not answer"):
        promote_version(away, serving.settings, home, "2", by="a test", say=print)
    assert (live_version(), home.live()) == ("1", "1")


def test_one_change_at_a_time(platform: Platform, registry: Registry) -> None:
    home = Laptop(platform, registry, print)
    with home.alone(), pytest.raises(Busy, match="another promotion or rollback is at work"):
        return_to_previous(home, registry, by="a test", why="", say=print)
    with pytest.raises(FlowError, match="no previous champion"):
        return_to_previous(home, registry, by="a test", why="", say=print)
