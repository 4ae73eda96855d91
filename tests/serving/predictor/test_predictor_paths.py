"""The paths beside inference, and those that are none."""

from __future__ import annotations

from typing import Any

import pytest

MODEL = "/v2/models/credit-default"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v2", {"name": "credence"}),
        ("/v2/health/live", {"live": True}),
        ("/v2/health/ready", {"ready": True}),
        (f"{MODEL}/ready", {"name": "credit-default", "ready": True}),
        (f"{MODEL}/versions/2/ready", {"name": "credit-default", "ready": True}),
        (MODEL, {"name": "credit-default", "versions": ["2"]}),
        (f"{MODEL}/versions/2", {"name": "credit-default", "versions": ["2"]}),
    ],
)
def test_path_answers(site: Any, path: str, expected: dict[str, Any]) -> None:
    answer = site.call("GET", path)
    assert answer.status_code == 200
    assert expected.items() <= answer.json().items()


def test_metadata_describes_fields(site: Any) -> None:
    metadata = site.call("GET", MODEL).json()
    inputs = {each["name"]: each for each in metadata["inputs"]}
    assert inputs["CODE_GENDER"] == {
        "name": "CODE_GENDER",
        "datatype": "BYTES",
        "shape": [-1],
        "parameters": {
            "description": "Gender.",
            "required": False,
            "levels": ["F", "M"],
            "read_as_missing": ["XNA"],
            "protected": True,
        },
    }
    assert inputs["AMT_INCOME_TOTAL"]["parameters"] == {
        "description": "What the applicant earns.",
        "required": True,
        "unit": "currency",
        "minimum": 10_000,
        "maximum": 500_000,
    }
    assert next(iter(inputs)) == "SK_ID_CURR"
    assert [(each["name"], each["datatype"]) for each in metadata["outputs"]] == [
        ("probabilite_de_defaut", "FP64"),
        ("classe", "BYTES"),
        ("explications_locales", "BYTES"),
    ]
    assert metadata["outputs"][2]["parameters"]["optional"] is True
    assert [each["shape"] for each in metadata["parameters"]["graph_inputs"]] == [[-1, 7], [-1, 2], [-1, 2]]


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("/", "no such path"),
        ("/v2/", "no such path"),
        ("/v3", "no such path"),
        (f"{MODEL}/versions", "no such path"),
        ("/v2/repository/index", "no such path"),
        ("/v1/clients/1/records", "no such path"),
        ("/v2/models/other", "model: expected credit-default"),
        (f"{MODEL}/versions/1", "version: expected 2"),
        (f"{MODEL}/versions/x/ready", "version: expected 2"),
        ("/v2/models/" + "x" * 9000, "model: expected credit-default"),
    ],
)
def test_unknown_path_is_not_found(site: Any, path: str, complaint: str) -> None:
    answer = site.call("GET", path)
    assert answer.status_code == 404
    assert answer.json()["error"].startswith(complaint)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
@pytest.mark.parametrize(("path", "allowed"), [(MODEL, "GET"), (f"{MODEL}/infer", "POST"), ("/metrics", "GET")])
def test_wrong_method_is_told_the_right_one(site: Any, method: str, path: str, allowed: str) -> None:
    answer = site.call(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.json()["error"].startswith(f"expected the method {allowed}")


@pytest.mark.parametrize("path", ["/v2", "/v2/health/live", "/v2/health/ready", MODEL, "/metrics", "/docs", "/nowhere"])
def test_head_is_get_without_its_body(site: Any, path: str) -> None:
    head, get = site.call("HEAD", path), site.call("GET", path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers["content-type"] == get.headers["content-type"]


def test_stopping_predictor_is_not_ready(site: Any) -> None:
    site.service.stopping = True
    answer = site.call("GET", "/v2/health/ready")
    assert (answer.status_code, answer.headers["connection"]) == (503, "close")
    assert answer.json() == {"ready": False, "error": "the predictor is stopping"}
    assert site.call("GET", "/v2/health/live").status_code == 200


def test_metrics_count(site: Any, application: dict[str, Any], tensors: Any) -> None:
    for _ in range(3):
        site.call("POST", f"{MODEL}/infer", {"inputs": tensors(application, application)})
    site.call("POST", f"{MODEL}/infer", b"")
    text = site.call("GET", "/metrics").text
    for line in (
        'credence_requests_total{kind="infer",status="200"} 3.0',
        'credence_requests_total{kind="infer",status="400"} 1.0',
        'credence_requests_total{kind="infer",status="503"} 0.0',
        'credence_histories_total{history="not asked"} 6.0',
        "credence_request_rows_sum 6.0",
        "credence_inference_seconds_count 3.0",
        "credence_log_answered 6.0",
        'credence_model{family="lightgbm",model="credit-default",version="2"} 1.0',
    ):
        assert line in text.splitlines()
