from __future__ import annotations

import time
from typing import Any

import pytest

from monitoring.store.verdicts import Action
from tests.metrics_page import documented, told
from tests.monitoring.lender import Lender


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_page_lists_what_a_monitor_tells(client: Any, lender: Lender) -> None:
    client.put("/v1/live", json={"version": "1"})
    lender.now += 1_000_000_000  # after that
    lender.tell(lender.answer(100))
    reviewer = client.app.state.reviewer
    reviewer.look()
    verdict = reviewer.judgements.latest("1")
    done = Action(
        at=time.time_ns() // 1000, kind="started", what="retraining started", version=None, run="http://prefect/r"
    )
    reviewer.judgements.act(verdict.id, done)
    (delivery,) = reviewer.judgements.deliveries(("nothing to start",))
    reviewer.judgements.move(delivery, delivery._replace(state="finished"), done.at)
    assert told(client.get("/metrics").text) == documented("Monitor")
