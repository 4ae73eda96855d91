"""A registered version is put where pods fetch it, at a real MLflow server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from flows.machine.platform import Platform
from flows.settings import PlatformSettings
from training.bundle import Bundle, BundleError, remote
from training.registry import Figures, Registry


@pytest.fixture
def settings(settings_with_registry: PlatformSettings) -> PlatformSettings:
    return settings_with_registry


@pytest.fixture
def url(settings: PlatformSettings, platform: Platform, toy_bundle: Path) -> str:
    """The registry's, with version 1."""
    platform.up(print)
    Registry(settings.registry_url).register(toy_bundle, Figures({}, {}, [], ""))
    return settings.registry_url


def test_published_version_is_fetched(credence, url: str, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="it is not published there"):
        remote.fetch(url, "credit-default", "1", tmp_path / "before")
    done: subprocess.CompletedProcess[str] = credence("publish", "1", "--json")
    assert json.loads(done.stdout) == {"version": "1", "url": url, "folder": "served/credit-default/1"}
    Bundle.open(remote.fetch(url, "credit-default", "1", tmp_path / "after")).check_replay()
    assert Registry(url).aliases() == {"challenger": "1"}
    refused = credence("publish", "9")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "version=9) not found" in refused.stderr
