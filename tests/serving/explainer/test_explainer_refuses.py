"""Bad requests to an explainer say field, expected and got, and none is a 500."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

V1, V2 = "/v1/models/credit-default:explain", "/v2/models/credit-default/infer"
NUMBER = {"name": "AMT_INCOME_TOTAL", "shape": [1], "datatype": "FP64", "data": [1000]}


@pytest.mark.parametrize(
    ("path", "content", "status", "error"),
    [
        (V1, {"instances": []}, 400, "instances: expected one application or more, got none"),
        (V1, {"instances": [{}]}, 400, "instances[0]: expected an object of fields"),
        (V1, {"inputs": []}, 400, 'body: expected {"instances"'),
        (V1, b"\xff", 400, "body: expected"),
        (V1, b'{"instances": [{"AMT_INCOME_TOTAL": 5}], "\xff": 1}', 400, "body: expected"),
        (V1, {"instances": [{"AMT_CREDIT": "x"}]}, 400, "AMT_CREDIT: expected values of datatype FP64 or null, got"),
        (V1, {"instances": [{"AMT_CREDIT": 5}]}, 400, "AMT_INCOME_TOTAL: expected a value"),
        (V1, {"instances": [{"AMT_INCOME_TOTAL": 5, "CNT_CHILDREN": 1.5}]}, 400, "CNT_CHILDREN: expected a whole"),
        (V1, {"instances": [{"AMT_INCOME_TOTAL": [5]}]}, 400, "AMT_INCOME_TOTAL: expected a flat list"),
        (V1, {"instances": [{"AMT_INCOME_TOTAL": 5}] * 65}, 400, "inputs: expected at most 64 applications"),
        (V1, {"instances": [{"AMT_INCOME_TOTAL": 5}], "parameters": {"version": "2"}}, 409, "version: expected 3"),
        (V1.replace("credit-default", "other"), {"instances": [{}]}, 404, "model: expected credit-default"),
        (V2, {"inputs": []}, 400, "inputs: expected one tensor or more, got none"),
        (V2, {"inputs": [{**NUMBER, "shape": [2]}]}, 400, "AMT_INCOME_TOTAL: expected data for shape [2], got 1"),
        (V2, {"inputs": [{**NUMBER, "datatype": "BOOL"}]}, 400, "AMT_INCOME_TOTAL: datatype: expected"),
        (V2, {"inputs": [{**NUMBER, "datatype": "BYTES"}]}, 400, "AMT_INCOME_TOTAL: expected values of datatype BYTES"),
        (V2, {"inputs": [NUMBER], "outputs": [{"name": "classe"}]}, 400, "outputs[0]: expected explanation"),
        (
            V2,
            {"inputs": [NUMBER], "parameters": {"anchor": 1}},
            400,
            "parameters.anchor: expected true or false, got 1",
        ),
        (
            V2,
            {"inputs": [{**NUMBER, "shape": [2], "data": [1, 2]}], "parameters": {"anchor": True}},
            400,
            "inputs: expected one",
        ),
        (
            V2,
            {"inputs": [{**NUMBER, "parameters": {"content_type": "base64"}}]},
            400,
            "AMT_INCOME_TOTAL: parameters.content_type: expected str, np, pd or none",
        ),
        (
            V1,
            {"instances": [{"AMT_INCOME_TOTAL": 5}], "parameters": {"content_type": "base64"}},
            400,
            "parameters.content_type: expected str, np, pd or none",
        ),
        (V2, b"[" * 1_100_000, 413, "the body is larger than"),
        (V2.replace("/infer", "/versions/2/infer"), {"inputs": [NUMBER]}, 409, "expected 3, the one that is explained"),
        ("/v2/repository/models/credit-default/unload", {}, 404, "no such path"),
    ],
)
def test_bad_request_says_what_is_wrong(explainer: Any, path: str, content: Any, status: int, error: str) -> None:
    answer = explainer.post(path, content)
    assert answer.status_code == status
    assert error in answer.json()["error"]


@pytest.mark.parametrize("path", ["", "/ready"])
def test_other_version_is_not_here(explainer: Any, path: str) -> None:
    versions = f"{explainer.url}/v2/models/credit-default/versions"
    assert httpx.get(f"{versions}/3{path}").json()["name"] == "credit-default"
    answer = httpx.get(f"{versions}/2{path}")
    assert answer.status_code == 409
    assert answer.json()["error"] == 'version: expected 3, the one that is explained here, got "2"'


def test_decisions_are_the_predictors(explainer: Any) -> None:
    answer = explainer.post("/v1/models/credit-default:predict", {"instances": [{"AMT_INCOME_TOTAL": 5}]})
    assert answer.status_code == 501
    assert httpx.get(f"{explainer.url}/v2/models/credit-default/ready").json()["ready"] is True
