"""Somebody who keeps asking counts every answer and every failure."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from flows.clients.predictor import to_inputs
from flows.demo.caller import Caller, calling
from flows.machine.platform import Platform
from training.bundle import Bundle

APPLICATION: dict[str, Any] = {"SK_ID_CURR": 100_001, "AMT_INCOME_TOTAL": 50_000.0, "NAME_INCOME_TYPE": "Working"}


@pytest.fixture
def request_body(serving: Platform) -> dict[str, Any]:
    manifest = Bundle.open(serving.settings.models / "1").manifest
    return {"inputs": to_inputs([APPLICATION], manifest)}


def counted_after(caller: Caller, enough: Callable[[], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while not enough() and time.monotonic() < deadline:
        time.sleep(0.1)
    return caller.end()


def stored(platform: Platform) -> int:
    from flows.clients.monitor import count_records

    return int(count_records(platform.settings)["stored"])


def test_answers_are_counted_by_version(serving: Platform, request_body) -> None:
    url = f"{serving.settings.predictor_url}/v2/models/credit-default/infer"
    with calling(url, request_body) as caller:
        found = counted_after(caller, lambda: stored(serving) >= 3)
    assert found["failed"] == 0
    assert found["versions"] == {"1": found["asked"]}
    assert found["asked"] >= 3
    assert found["slowest_ms"] > 0


def test_failures_are_counted(serving: Platform, request_body) -> None:
    url = f"{serving.settings.predictor_url}/v2/models/nobody/infer"
    began = time.monotonic()
    with calling(url, request_body) as caller:
        found = counted_after(caller, lambda: time.monotonic() > began + 5)
    assert found["asked"] == found["failed"] > 0
    assert "404" in found["first_failure"]
