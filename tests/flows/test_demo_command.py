"""The command of the demo: what it offers, where it takes place, what it leaves alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.cli.demo import demo
from flows.demo.scenarios import SCENARIOS
from flows.demo.story import clear, platform_of, settings_of
from flows.errors import FlowError
from flows.settings import PlatformSettings


def test_every_scenario_is_offered() -> None:
    (option,) = (one for one in demo.params if one.name == "scenario")
    assert tuple(option.type.choices) == tuple(SCENARIOS)


def test_demo_has_its_own_folder(settings: PlatformSettings) -> None:
    own = settings_of(settings)
    assert own.folder == settings.folder / "demo"
    assert (own.approval, own.http_port) == ("automatic", settings.http_port)


def test_demo_begins_with_nothing(settings: PlatformSettings) -> None:
    platform = platform_of(settings_of(settings))
    left = platform.settings.folder / "models" / "1"
    beside = settings.folder / "models" / "1"
    for folder in (left, beside):
        folder.mkdir(parents=True)
    clear(platform)
    assert not left.exists()
    assert beside.exists()


def test_running_demo_is_left_alone(serving) -> None:
    with pytest.raises(
        FlowError, match=r"a demo is up in .* \(.*predictor.*\): CREDENCE_HOME=.* credence down ends it"
    ):
        clear(serving)
    assert serving.settings.models.exists()


def test_platform_up_is_not_touched(serving, credence) -> None:
    done = credence("demo", "--once", "--json")
    assert done.returncode == 1
    assert "is taken by another process" in json.loads(done.stdout)["error"]
    assert "predictor" in serving.running()
    assert not (Path(serving.settings.home) / "demo" / "models").exists()
