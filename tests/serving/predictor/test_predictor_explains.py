"""A request that asks why is told why, and the record keeps it; no other request is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from serving.predictor.service import MOST_EXPLAINED
from serving.predictor.settings import PredictorSettings
from serving.version import newest, open_model
from training.bundle import BundleError

INFER = "/v2/models/credit-default/infer"
ASKED = [{"name": "probabilite_de_defaut"}, {"name": "classe"}, {"name": "explications_locales"}]
Tensors = Callable[..., list[dict[str, Any]]]


def explained(site: Any, inputs: list[dict[str, Any]]) -> tuple[list[str], list[Any]]:
    """The decisions of a request and the explanations of it."""
    body = site.call("POST", INFER, {"inputs": inputs, "outputs": ASKED}).json()
    _, decisions, explanations = body["outputs"]
    assert (explanations["datatype"], explanations["shape"]) == ("BYTES", decisions["shape"])
    return decisions["data"], [json.loads(text) for text in explanations["data"]]


def test_reasons_sum_to_the_margin(site: Any, application: dict[str, Any], tensors: Tensors) -> None:
    rows = [{**application, "EXT_SOURCE_1": place / 20, "AMT_CREDIT": None} for place in range(20)]
    decisions, explanations = explained(site, tensors(*rows))
    assert set(decisions) == {"accepte", "refuse"}
    for record, decision, told in zip(site.records(), decisions, explanations, strict=True):
        assert told["margin"] == record.margin
        assert told["base"] + sum(told["by_reason"].values()) == pytest.approx(record.margin, abs=1e-6)
        assert bool(told["reasons"]) == (decision == "refuse")
        strengths = [reason["contribution"] for reason in told["reasons"]]
        assert strengths == sorted(strengths, reverse=True)
        assert all(told["by_reason"][reason["code"]] == reason["contribution"] > 0 for reason in told["reasons"])


def test_explanation_is_recorded(site: Any, application: dict[str, Any], tensors: Tensors) -> None:
    body = site.call("POST", INFER, {"inputs": tensors(application, application), "outputs": ASKED}).json()
    assert [record.explanation for record in site.records()] == body["outputs"][2]["data"]


@pytest.mark.parametrize("outputs", [None, [], [{"name": "classe"}]])
def test_none_is_made_unasked(site: Any, application: dict[str, Any], tensors: Tensors, outputs: Any) -> None:
    body = site.call("POST", INFER, {"inputs": tensors(application), "outputs": outputs}).json()
    assert "explications_locales" not in [output["name"] for output in body["outputs"]]
    assert [record.explanation for record in site.records()] == [""]


def test_too_many_are_refused(site: Any, application: dict[str, Any], tensors: Tensors) -> None:
    answer = site.call("POST", INFER, {"inputs": tensors(*[application] * (MOST_EXPLAINED + 1)), "outputs": ASKED})
    assert answer.status_code == 400
    assert f"at most {MOST_EXPLAINED} applications" in answer.json()["error"]
    assert not site.records()


def test_long_queue_is_refused(
    site: Any, application: dict[str, Any], tensors: Tensors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.predictor.service.MOST_WAITING", 1)
    answer = site.call("POST", INFER, {"inputs": tensors(application, application), "outputs": ASKED})
    assert answer.status_code == 503
    assert not site.records()


def test_booster_without_its_library_is_refused(
    site: Any, application: dict[str, Any], tensors: Tensors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "lightgbm", None)
    answer = site.call("POST", INFER, {"inputs": tensors(application), "outputs": ASKED})
    assert answer.status_code == 400
    assert "ask the explainer" in answer.json()["error"]


def test_room_counts_the_explanation(
    site: Any, application: dict[str, Any], tensors: Tensors, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    reserve = site.log.next_ids
    monkeypatch.setattr(site.log, "next_ids", lambda n, more: asked.append(more) or reserve(n, more))
    site.call("POST", INFER, {"inputs": tensors(application, application), "outputs": ASKED})
    site.call("POST", INFER, {"inputs": tensors(application)})
    assert asked == [sum(len(record.explanation) for record in site.records()), 0]


def test_one_bundle_needs_its_version(toy_bundle: Path) -> None:
    model = open_model(toy_bundle, "7", "", unknown="warn", history_days=7)
    assert (model.name, model.version) == ("credit-default", "7")
    with pytest.raises(BundleError, match="is one bundle: say which version it is"):
        newest(toy_bundle)


def test_one_bundle_is_no_other_version(site: Any, toy_bundle: Path) -> None:
    site.admin.settings = PredictorSettings(models=toy_bundle, version="7")
    load = {"parameters": {"version": "8"}}
    answer = site.call("POST", "/v2/repository/models/credit-default/load", load, admin=True)
    assert answer.status_code == 409
    assert "is version 7" in answer.json()["error"]
