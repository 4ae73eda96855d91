"""From drift to reaction, as Prometheus is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from monitoring.store.records import Store
from monitoring.store.verdicts import Action, Judgements
from monitoring.verdict import Verdict
from monitoring.verdict.retraining import Delivery, PrefectRun, followed

ENDS = [("RUNNING", None), ("FAILED", 30_000_000), ("COMPLETED", 30_000_000)]


@pytest.fixture
def judgements(make_store: Callable[..., Store]) -> Judgements:
    return Judgements(make_store().database)


def judge(at: int) -> Verdict:
    told: dict[str, Any] = {"why": ("Because.",), "window": None, "cohort": None, "figures": {}, "drifted": ()}
    return Verdict(id=f"1-{at}-0", at=at, model="credit-default", version="1", judgement="retrain", **told)


def start(judgements: Judgements, verdict: Verdict, at: int) -> Delivery:
    (delivery,) = (one for one in judgements.deliveries(("waiting",)) if one.verdict == verdict.id)
    running = delivery._replace(state="running", attempt=1, run="r")
    judgements.move(
        delivery,
        running,
        at,
        Action(at=at, kind="started", what="retraining started", version=None, run="http://prefect/r"),
    )
    return running


def test_nothing_started_is_no_reaction(judgements: Judgements) -> None:
    judgements.add(judge(10_000_000))
    assert judgements.reaction() is None


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize(("state", "ended"), ENDS)
def test_last_retraining_is_told(judgements: Judgements, state: str, ended: int | None, waits: bool) -> None:
    for at in (1_000_000, 10_000_000):
        running = start(judgements, judgements.add(judge(at)), at + 10_000_000)
    judgements.act(running.verdict, Action(at=25_000_000, what="registered", version="2", run=None, waits=waits))
    judgements.move(running, followed(running, PrefectRun("r", "kind-otter", state, None)), 30_000_000)
    assert judgements.reaction() == (10_000_000, 20_000_000, ended, waits)
