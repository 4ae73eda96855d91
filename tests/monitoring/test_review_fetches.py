"""A monitor that has no bundle of the live version fetches it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitoring.__main__ import compose
from monitoring.errors import UnreadyError
from monitoring.review import Reviewer
from monitoring.settings import MonitorSettings
from monitoring.store.records import Store
from tests.monitoring.lender import Lender
from tests.training.bundle.artifact_server import artifact_server
from training.bundle import MODEL, remote

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


@pytest.fixture
def reviewer(make_store: Callable[..., Store], toy_bundle: Path, tmp_path: Path) -> Iterator[Callable[[str], Reviewer]]:
    """Reviewers of a store with a window of version 4, and no bundle."""
    store = make_store()
    Lender(store, toy_bundle, "4").answer(100)
    made: list[Reviewer] = []

    def at(mlflow: str) -> Reviewer:
        settings = MonitorSettings(home=str(tmp_path), mlflow_url=mlflow, monitor_window_rows=100)
        made.append(compose(store, settings).state.reviewer)
        return made[-1]

    yield at
    for one in made:
        one.close()


def test_bundle_is_fetched_once_it_is_published(
    reviewer: Callable[[str], Reviewer], toy_bundle: Path, tmp_path: Path
) -> None:
    (tmp_path / "server").mkdir()
    with artifact_server(tmp_path / "server") as url:
        monitor = reviewer(url)
        with pytest.raises(UnreadyError, match=f"version 4 of {MODEL} cannot be fetched from {url} .*not published"):
            monitor.review()
        remote.publish(url, toy_bundle, MODEL, "4")
        assert monitor.review().window == "4-1"
    assert reviewer("").review().window == "4-1"  # it is kept


def test_away_mlflow_is_a_problem_of_the_review(reviewer: Callable[[str], Reviewer]) -> None:
    monitor = reviewer("http://127.0.0.1:9")
    monitor.look()
    assert monitor.condition.problem is not None
    assert "http://127.0.0.1:9 (CREDENCE_MLFLOW_URL): MLflow does not answer" in monitor.condition.problem
