from __future__ import annotations

from typing import Any

import pytest

from flows.clients.predictor import Answered, TurnedAway, ask_decisions, to_inputs
from flows.errors import StepFailed
from flows.machine.platform import Platform
from training.bundle import Bundle

APPLICATION: dict[str, Any] = {"SK_ID_CURR": 100_001, "AMT_INCOME_TOTAL": 50_000.0, "NAME_INCOME_TYPE": "Working"}


def test_each_field_is_sent(toy_bundle) -> None:
    manifest = Bundle.open(toy_bundle).manifest
    sent = {each["name"]: (each["datatype"], each["data"]) for each in to_inputs([APPLICATION], manifest)}
    assert set(sent) == {"SK_ID_CURR", *(field.name for field in manifest.fields)}
    assert sent["SK_ID_CURR"] == ("INT64", [100_001])
    assert sent["NAME_INCOME_TYPE"] == ("BYTES", ["Working"])
    assert sent["AMT_CREDIT"] == ("FP64", [None])


def test_unfit_application_is_turned_away(serving: Platform) -> None:
    manifest = Bundle.open(serving.settings.models / "1").manifest
    unfit = {**APPLICATION, "AMT_INCOME_TOTAL": None}
    first, second = ask_decisions(serving.settings.predictor_url, "1", [APPLICATION, unfit], manifest)
    assert isinstance(first, Answered)
    assert (first.history, first.threshold) == ("found", manifest.policy.threshold)
    assert first.decision == ("refuse" if first.probability >= first.threshold else "accepte")
    assert isinstance(second, TurnedAway)
    assert second.error.startswith("AMT_INCOME_TOTAL: expected a value")
    with pytest.raises(StepFailed, match="client 100001 was not answered"):
        list(ask_decisions(serving.settings.predictor_url, "2", [APPLICATION], manifest))


def test_batch_is_answered_one_by_one(serving: Platform) -> None:
    manifest = Bundle.open(serving.settings.models / "1").manifest
    clients = [{**APPLICATION, "SK_ID_CURR": number} for number in (100_001, 5, 100_002)]
    unfit = {**APPLICATION, "SK_ID_CURR": 7, "AMT_INCOME_TOTAL": None}
    found = list(ask_decisions(serving.settings.predictor_url, None, [*clients, unfit], manifest, together=2))
    alone = list(ask_decisions(serving.settings.predictor_url, "1", [*clients, unfit], manifest))
    assert [one.client for one in found] == [100_001, 5, 100_002, 7]
    assert [isinstance(one, TurnedAway) for one in found] == [False, False, False, True]
    assert [(one.probability, one.history) for one in found if isinstance(one, Answered)] == [
        (one.probability, one.history) for one in alone if isinstance(one, Answered)
    ]
    assert len({one.record for one in found if isinstance(one, Answered)}) == 3
