from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows.deploy.local import Local
from flows.errors import NotDeployed
from flows.local import Platform
from training.bundle import Bundle
from training.registry import Figures, Registry

pytestmark = [
    pytest.mark.xdist_group("registry"),  # MLflow's import and its tables take seconds: one process for them
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # MLflow's own use of SQLAlchemy
]


@pytest.fixture
def registry(platform: Platform, toy_repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """A registry with both versions of the toy repository."""
    monkeypatch.chdir(toy_repository)  # where MLflow puts artifacts when no server does
    monkeypatch.setenv("CREDENCE_DRAIN_SECONDS", "0.1")
    registry = Registry(platform.settings.registry_url)
    for number in ("1", "2"):
        registry.register(toy_repository / number, Figures({}, {}, [], ""))
    yield registry
    platform.down(print)


def test_version_goes_live(
    platform: Platform, registry: Registry, live_version: Callable[[], str], toy_repository: Path
) -> None:
    home = Local(platform, registry, print)
    home.deploy("1")
    assert (live_version(), home.live(), registry.aliases()["champion"]) == ("1", "1", "1")
    before = [one.pid for one in platform.status()]
    home.deploy("2")
    assert (live_version(), home.live()) == ("2", "2")
    assert registry.aliases() == {"champion": "2", "previous_champion": "1", "challenger": "2"}
    assert [one.pid for one in platform.status()] == before

    # a version that answers otherwise than its bundle says: what was live still is
    spoilt = platform.settings.models / "1"
    shutil.copy(platform.settings.models / "2" / "replay.parquet", spoilt / "replay.parquet")
    assert Bundle.open(spoilt).replay()[1].any()
    with pytest.raises(NotDeployed, match="does not load version 1"):
        home.deploy("1")
    assert (live_version(), home.live(), registry.aliases()["champion"]) == ("2", "2", "2")
