"""Loading and unloading on the admin port."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

MODEL = "/v2/repository/models/credit-default"
INFER = "/v2/models/credit-default/infer"


@pytest.fixture
def both(open_site: Any, toy_repository: Path) -> Iterator[Any]:
    """A predictor on versions 1 and 2, of which it serves 2."""
    return open_site(models=toy_repository)


def load(site: Any, version: Any) -> httpx.Response:
    answer: httpx.Response = site.call("POST", f"{MODEL}/load", {"parameters": {"version": version}}, admin=True)
    return answer


def live(site: Any) -> str:
    version: str = site.call("GET", "/v2/models/credit-default").json()["versions"][0]
    return version


def test_index_lists_versions(both: Any) -> None:
    index = both.call("POST", "/v2/repository/index", admin=True).json()
    assert index == [
        {"name": "credit-default", "version": "1", "state": "UNAVAILABLE", "reason": "not loaded"},
        {"name": "credit-default", "version": "2", "state": "READY"},
    ]


@pytest.mark.parametrize("version", ["1", 1])
def test_version_is_loaded(both: Any, version: Any) -> None:
    assert load(both, version).json() == {"name": "credit-default", "version": "1", "load": True}
    assert live(both) == "1"


def test_load_without_version_takes_newest(both: Any) -> None:
    load(both, "1")
    assert both.call("POST", f"{MODEL}/load", admin=True).json()["version"] == "2"


def test_unloaded_model_is_not_ready(both: Any) -> None:
    assert both.call("POST", f"{MODEL}/unload", admin=True).status_code == 200
    assert both.call("GET", "/v2/health/ready").status_code == 503
    assert both.call("POST", INFER, {"inputs": []}).status_code == 503
    assert both.call("GET", "/v2/models/credit-default/ready").status_code == 503
    assert load(both, "2").status_code == 200
    assert both.call("GET", "/v2/health/ready").status_code == 200


def test_missing_version_leaves_the_old_one(both: Any) -> None:
    answer = load(both, "9")
    assert answer.status_code == 409
    assert "bundle.json cannot be read" in answer.json()["error"]
    assert live(both) == "2"


def test_version_that_answers_otherwise_is_not_loaded(both: Any, toy_repository: Path) -> None:
    shutil.copytree(toy_repository / "1", toy_repository / "3")
    shutil.copy(toy_repository / "2" / "model.onnx", toy_repository / "3" / "model.onnx")
    answer = load(both, "3")
    assert answer.status_code == 409
    assert "does not answer as it did when it was trained" in answer.json()["error"]
    assert live(both) == "2"


def test_broken_graph_is_not_loaded(both: Any, toy_repository: Path) -> None:
    shutil.copytree(toy_repository / "1", toy_repository / "3")
    (toy_repository / "3" / "model.onnx").write_bytes(b"torn")
    assert load(both, "3").status_code == 409
    assert live(both) == "2"


@pytest.mark.parametrize("version", ["../1", "latest", "", "-1", "1" * 40, 1.5, ["1"]])
def test_version_must_be_a_number(both: Any, version: Any) -> None:
    assert load(both, version).status_code == 400
    assert live(both) == "2"


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'{"\xff": 1}', b"[" * 100_000])
def test_broken_load_is_refused(both: Any, body: bytes) -> None:
    assert both.call("POST", f"{MODEL}/load", body, admin=True).status_code == 400


def test_other_model_is_not_found(both: Any) -> None:
    for verb in ("load", "unload"):
        answer = both.call("POST", f"/v2/repository/models/other/{verb}", admin=True)
        assert answer.status_code == 404


def test_page_in_a_browser_is_refused(both: Any) -> None:
    answer = both.call("POST", f"{MODEL}/unload", headers=[(b"origin", b"https://example.org")], admin=True)
    assert answer.status_code == 400
    assert live(both) == "2"


def test_trial_leaves_no_record(both: Any, application: dict[str, Any], tensors: Any) -> None:
    content = {"inputs": tensors(application)}
    trial, real = both.call("POST", INFER, content, admin=True), both.call("POST", INFER, content)
    assert trial.json()["outputs"] == real.json()["outputs"]
    assert trial.json()["parameters"]["record_ids"] == ""
    assert [record.id for record in both.records()] == [real.json()["parameters"]["record_ids"]]


@pytest.mark.parametrize("parameters", [{"record": False}, {"smoke": True}])
def test_caller_cannot_switch_recording_off(
    site: Any, application: dict[str, Any], tensors: Any, parameters: dict[str, Any]
) -> None:
    site.call("POST", INFER, {"inputs": tensors(application), "parameters": parameters})
    assert len(site.records()) == 1


def test_client_is_forgotten(site: Any, application: dict[str, Any], tensors: Any) -> None:
    for client in (100_001, 100_003, 100_001):
        site.call("POST", INFER, {"inputs": tensors({"SK_ID_CURR": client, **application})})
    answer = site.call("DELETE", "/v1/clients/100001/records", admin=True)
    assert answer.json() == {"forgotten": 2}
    assert [record.client for record in site.records()] == [100_003]


@pytest.mark.parametrize("client", ["x", "", "-1", "1" * 30, "١"])
def test_client_must_be_a_number(site: Any, client: str) -> None:
    assert site.call("DELETE", f"/v1/clients/{client}/records", admin=True).status_code == 400


def test_error_is_json(both: Any) -> None:
    assert msgspec.json.decode(load(both, "9").content).keys() == {"error"}
