"""What an explainer answers, over both protocols."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.protocol.rest import decode
from serving.version import open_model

Tensors = Callable[..., list[dict[str, Any]]]
V1, V2 = "/v1/models/credit-default:explain", "/v2/models/credit-default"


def test_explanation_is_the_decisions(
    explainer: Any, application: dict[str, Any], tensors: Tensors, models: Path
) -> None:
    application["SK_ID_CURR"] = 100_001
    told = explainer.explain(application)
    model = open_model(models, "3", "", unknown="warn", history_days=7)
    scored = model.score(decode(json.dumps({"inputs": tensors(application)}).encode()).inputs)
    assert (told["model"], told["version"], told["threshold"]) == ("credit-default", "3", model.threshold)
    assert told["history"] == "found"
    assert [told["probability"]] == scored.probability
    assert [told["decision"]] == scored.decision
    assert [told["margin"]] == scored.margin


def test_figures_sum_to_the_margin(explainer: Any, application: dict[str, Any]) -> None:
    told = explainer.explain(application)
    for parts in (told["contributions"], told["by_reason"]):
        assert told["base"] + sum(parts.values()) == pytest.approx(told["margin"], abs=1e-6)
    assert 0 < len(told["reasons"]) <= 4
    for reason in told["reasons"]:
        assert reason["contribution"] == told["by_reason"][reason["code"]] > 0
        assert reason["french"] != reason["english"]
        for feature in reason["features"]:
            assert feature["contribution"] == told["contributions"][feature["name"]]
    assert "anchor" not in told
    assert "counterfactual" not in told


def test_protocols_agree(explainer: Any, application: dict[str, Any], tensors: Tensors) -> None:
    rows = [application, {**application, "EXT_SOURCE_1": 0.9}]
    first = explainer.post(V1, {"instances": rows}).json()
    assert (first["model_name"], first["model_version"]) == ("credit-default", "3")
    body = {"id": "mine", "inputs": tensors(*rows), "outputs": [{"name": "explanation"}]}
    for path in (f"{V2}/infer", f"{V2}/explain", f"{V2}/versions/3/infer", f"{V2}/versions/3/explain"):
        answer = explainer.post(path, body).json()
        assert (answer["model_name"], answer["model_version"], answer["id"]) == ("credit-default", "3", "mine")
        (output,) = answer["outputs"]
        assert (output["name"], output["datatype"], output["shape"]) == ("explanation", "BYTES", [2])
        assert [json.loads(text) for text in output["data"]] == first["explanations"]


def test_request_without_id_is_answered(explainer: Any, application: dict[str, Any], tensors: Tensors) -> None:
    assert explainer.post(f"{V2}/infer", {"inputs": tensors(application)}).json()["id"]


def test_anchor_is_a_rule(explainer: Any, application: dict[str, Any]) -> None:
    anchor = explainer.explain(application, anchor=True)["anchor"]
    assert len(anchor["rule"]) <= 4
    assert all(any(condition.find(name) >= 0 for name in (*application, "bureau")) for condition in anchor["rule"])
    assert 0 <= anchor["coverage"] <= 1
    assert 0 < anchor["precision"] <= 1
    assert explainer.explain(application, anchor=True)["anchor"] == anchor


def test_nothing_to_change_is_said(explainer: Any, application: dict[str, Any]) -> None:
    told = explainer.explain({**application, "AMT_INCOME_TOTAL": 20_000}, counterfactual=True)
    assert told["decision"] == "refuse"
    assert told["counterfactual"] is None
    assert "No other terms" in told["notes"]["counterfactual"]
    good = {**application, "EXT_SOURCE_1": 0.95, "EXT_SOURCE_2": 0.95, "EXT_SOURCE_3": 0.95}
    told = explainer.explain(good, counterfactual=True)
    assert told["decision"] == "accepte"
    assert told["notes"]["counterfactual"] == "The application is accepted as it is."


def test_metadata_lists_inputs_and_outputs(explainer: Any, application: dict[str, Any]) -> None:
    about = httpx.get(explainer.url + V2).json()
    assert (about["name"], about["versions"]) == ("credit-default", ["3"])
    assert {field["name"] for field in about["inputs"]} == {"SK_ID_CURR", *application}
    assert about["outputs"] == [{"name": "explanation", "datatype": "BYTES", "shape": [-1]}]


@pytest.mark.parametrize("path", [V1, f"{V2}/infer", "/v1/models/credit-default:predict", "/v1/models/other:explain"])
def test_no_request_header_comes_back(explainer: Any, application: dict[str, Any], path: str) -> None:
    headers = {"authorization": "Bearer secret-1", "cookie": "secret-2", "x-request-id": "secret-3"}
    answer = explainer.post(path, {"instances": [application]}, headers)
    assert "secret" not in str(answer.headers.raw) + answer.text
    assert "authorization" not in answer.headers


def test_long_queue_is_refused_while_health_is_answered(explainer: Any, application: dict[str, Any]) -> None:
    body = {"instances": [application], "parameters": {"anchor": True}}
    with ThreadPoolExecutor(40) as pool:
        sent = [pool.submit(explainer.post, V1, body) for _ in range(40)]
        assert httpx.get(f"{explainer.url}/v2/health/ready").status_code == 200
        statuses = {each.result().status_code for each in sent}
    assert statuses == {200, 503}
