from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from training.registry import Figures, Registry, RegistryError
from training.registry.trail import LONGEST, Change, Criterion, Gate, from_tags, measured, page, to_tags

CRITERION = Criterion(name="log loss", passed=False, figure=0.01, low=-0.01, sentence="not lower")
GATE = Gate(
    answer="refuse",
    why="log loss: not lower",
    criteria=(CRITERION,),
    cohort="3-1",
    population="accepted",
    rows=900,
    labelled=700,
    defaults=60,
    dropped=5,
)
CHANGE = Change(
    kind="promote",
    by="ada",
    at=1_000_000,
    before=None,
    after="3",
    why="log loss: not lower",
    approved="a reason",
    state="refused",
    gate=GATE,
)


@pytest.fixture(scope="module")
def registry(mlflow_url: str) -> Registry:
    return Registry(mlflow_url)


@pytest.mark.parametrize("change", [CHANGE, msgspec.structs.replace(CHANGE, before="2", approved=None, gate=None)])
def test_tags_tell_a_change(change: Change) -> None:
    assert from_tags("", to_tags(change)) == change


def test_long_texts_fit_a_tag() -> None:
    long = msgspec.structs.replace(CHANGE, why="x" * 10_000, gate=msgspec.structs.replace(GATE, why="x" * 10_000))
    tags = to_tags(long)
    assert max(map(len, tags.values())) == LONGEST
    assert from_tags("", tags).gate is None


def test_figures_are_metrics() -> None:
    assert measured(CHANGE) == {"log_loss": 0.01, "log_loss_low": -0.01}
    assert "| log loss | fails | not lower |" in page(CHANGE)


def test_newest_change_comes_first(registry: Registry) -> None:
    assert registry.changes() == []
    assert registry._client.get_experiment_by_name("credit-default changes") is None  # who reads writes nothing
    refused = registry.begin(CHANGE)
    begun = registry.begin(msgspec.structs.replace(CHANGE, at=2_000_000, state="begun", gate=None))
    assert registry.changes() == [begun, refused]
    undone = msgspec.structs.replace(begun, state="undone", why="it does not answer")
    registry.finish(undone)
    assert registry.changes() == [undone, refused]
    assert [registry._client.get_run(change.id).info.status for change in (undone, refused)] == ["FAILED", "FINISHED"]
    assert [file.path for file in registry._client.list_artifacts(refused.id)] == ["gate.json"]


def test_failed_training_run_is_over(registry: Registry, toy_bundle: Path) -> None:
    """A parameter that MLflow refuses fails the registration; its run must not look as if it went on."""
    with pytest.raises(RegistryError, match="refused"):
        registry.register(toy_bundle, Figures({"a, name": 1}, {}, [], ""))
    client = registry._client
    (run,) = client.search_runs([client.get_experiment_by_name(registry.model).experiment_id])
    assert run.info.status == "FAILED"
