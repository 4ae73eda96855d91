"""What an inference request is answered, and what is recorded of it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from serving.log.log import LogFull

INFER = "/v2/models/credit-default/infer"
Tensors = Callable[..., list[dict[str, Any]]]


def test_answer_is_complete(site: Any, application: dict[str, Any], tensors: Tensors) -> None:
    body = site.call("POST", INFER, {"id": "mine", "inputs": tensors(application)}).json()
    (record,) = site.records()
    assert (body["model_name"], body["model_version"], body["id"]) == ("credit-default", "2", "mine")
    probability, decision = body["outputs"]
    assert probability == {
        "name": "probabilite_de_defaut",
        "shape": [1],
        "datatype": "FP64",
        "data": [record.probability],
    }
    assert decision == {"name": "classe", "shape": [1], "datatype": "BYTES", "data": [record.decision]}
    parameters = body["parameters"]
    assert datetime.fromisoformat(parameters.pop("timestamp")).tzinfo == UTC
    assert parameters.pop("latency_ms") > 0
    expected = {"model_version": "2", "threshold": 0.12, "record_ids": record.id, "history": "not asked"}
    assert parameters == expected


def test_record_holds_what_was_sent(site: Any, application: dict[str, Any], tensors: Tensors) -> None:
    application["NAME_INCOME_TYPE"] = "Astronaut"
    site.call("POST", INFER, {"id": "mine", "inputs": tensors({"SK_ID_CURR": 5, **application})})
    (record,) = site.records()
    numbers = struct.unpack("<7f", record.numeric)
    assert numbers[:6] == (135_000, 568_800, 2, -637, 0.5, 0.25)
    assert record.categorical == ("Astronaut", "F")
    assert (record.request, record.client, record.history_status) == ("mine", 5, "none")
    assert record.warnings == ('NAME_INCOME_TYPE: "Astronaut" is not a level of training, read as missing',)


@pytest.mark.parametrize(
    ("client", "status"), [(100_001, "found"), (100_002, "none"), (1, "none"), (2**62, "none"), (None, "not asked")]
)
def test_history_of_client_is_used(
    site: Any, application: dict[str, Any], tensors: Tensors, client: int | None, status: str
) -> None:
    body = site.call("POST", INFER, {"inputs": tensors({"SK_ID_CURR": client, **application})}).json()
    (record,) = site.records()
    assert body["parameters"]["history"] == record.history_status == status
    assert np.isnan(np.frombuffer(record.history, np.float32)).all() == (status != "found")


def test_each_row_has_its_history(site: Any, application: dict[str, Any], tensors: Tensors) -> None:
    rows = [{"SK_ID_CURR": client, **application} for client in (100_003, None, 7, 100_001)]
    body = site.call("POST", INFER, {"inputs": tensors(*rows)}).json()
    assert body["parameters"]["history"] == "found,not asked,none,found"
    used = [np.frombuffer(record.history, np.float32) for record in site.records()]
    assert [bool(np.isnan(values).all()) for values in used] == [False, True, True, False]
    alone = [site.call("POST", INFER, {"inputs": tensors(row)}).json() for row in rows]
    assert body["outputs"][0]["data"] == [each["outputs"][0]["data"][0] for each in alone]


def test_old_history_is_stale(open_site: Any, application: dict[str, Any], tensors: Tensors) -> None:
    site = open_site(history_days=-1)
    rows = [{"SK_ID_CURR": client, **application} for client in (100_001, 7, None)]
    body = site.call("POST", INFER, {"inputs": tensors(*rows)}).json()
    assert body["parameters"]["history"] == "stale,none,not asked"
    assert np.isnan(np.frombuffer(b"".join(record.history for record in site.records()), np.float32)).all()


def test_decision_follows_threshold(site: Any, application: dict[str, Any], tensors: Tensors) -> None:
    rows = [{**application, "EXT_SOURCE_1": score, "EXT_SOURCE_2": score} for score in np.linspace(0, 1, 50).tolist()]
    probability, decision = site.call("POST", INFER, {"inputs": tensors(*rows)}).json()["outputs"]
    assert decision["data"] == ["refuse" if value >= 0.12 else "accepte" for value in probability["data"]]
    assert set(decision["data"]) == {"refuse", "accepte"}


def test_each_row_has_its_record(site: Any, application: dict[str, Any], tensors: Tensors) -> None:
    body = site.call("POST", INFER, {"inputs": tensors(*[application] * 200)}).json()
    ids = body["parameters"]["record_ids"].split(",")
    assert ids == [record.id for record in site.records()]
    assert len(set(ids)) == 200


def test_chosen_output_alone_is_answered(site: Any, application: dict[str, Any], tensors: Tensors) -> None:
    content = {"inputs": tensors(application), "outputs": [{"name": "classe"}]}
    assert [each["name"] for each in site.call("POST", INFER, content).json()["outputs"]] == ["classe"]


@pytest.mark.parametrize("path", [INFER, "/v2/models/credit-default/versions/2/infer"])
def test_version_may_be_named(site: Any, application: dict[str, Any], tensors: Tensors, path: str) -> None:
    assert site.call("POST", path, {"inputs": tensors(application)}).status_code == 200


def test_unusual_value_is_rejected_if_set(open_site: Any, application: dict[str, Any], tensors: Tensors) -> None:
    site = open_site(unknown="reject")
    answer = site.call("POST", INFER, {"inputs": tensors({**application, "AMT_CREDIT": 5e6})})
    assert answer.status_code == 400
    assert "AMT_CREDIT" in answer.json()["error"]
    assert not site.records()


def test_refused_request_leaves_no_record(site: Any, application: dict[str, Any], tensors: Tensors) -> None:
    content = {"inputs": tensors(application), "outputs": [{"name": "score"}]}
    assert site.call("POST", INFER, content).status_code == 400
    assert not site.records()


def test_request_id_comes_back(site: Any, application: dict[str, Any], tensors: Tensors) -> None:
    headers = [(b"x-request-id", b"trace-7")]
    answer = site.call("POST", INFER, {"inputs": tensors(application)}, headers=headers)
    assert answer.headers["x-request-id"] == answer.json()["id"] == site.records()[0].request == "trace-7"


@pytest.mark.parametrize("given", [b"a b", b"", b"x" * 129, b"\xff", b"a\r\nb"])
def test_wild_request_id_is_replaced(site: Any, given: bytes) -> None:
    answer = site.call("GET", "/v2", headers=[(b"x-request-id", given)])
    assert answer.headers["x-request-id"].encode() != given


def test_full_log_answers_nothing(
    site: Any, application: dict[str, Any], tensors: Tensors, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(n: int, more: int) -> list[str]:
        raise LogFull

    monkeypatch.setattr(site.log, "next_ids", no_room)
    answer = site.call("POST", INFER, {"inputs": tensors(application)})
    assert answer.status_code == 503
    assert "log is full" in answer.json()["error"]


def test_own_failure_is_an_answer(
    site: Any, application: dict[str, Any], tensors: Tensors, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def fail(n: int, more: int) -> list[str]:
        raise ZeroDivisionError("secret income")

    monkeypatch.setattr(site.log, "next_ids", fail)
    answer = site.call("POST", INFER, {"inputs": tensors(application)})
    assert answer.status_code == 500
    assert "secret income" not in answer.text + caplog.text
