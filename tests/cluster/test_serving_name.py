"""A release that serves by another name than the default is asked by it alone."""

from __future__ import annotations

import json

from tests.charts.release import NEEDS_CLUSTER
from tests.cluster.platform import APPLICATION, Platform

pytestmark = NEEDS_CLUSTER


def test_predictor_answers_by_its_name(bank: Platform) -> None:
    application = json.loads(APPLICATION.read_text())
    answer = bank.request("POST", "http://second-predictor/v2/models/second/infer", application)
    assert (answer["model_name"], answer["parameters"]["model_version"]) == ("second", bank.status()["live"])
    told = bank.request("POST", "http://second-predictor/v2/models/credit-default/infer", application)
    assert told["error"] == "model: expected second, the one that is served, got another name"


def test_explainer_answers_by_its_name(bank: Platform) -> None:
    named = {each["name"]: each["data"][0] for each in json.loads(APPLICATION.read_text())["inputs"]}
    told = bank.request("POST", "http://second-explainer/v1/models/second:explain", {"instances": [named]})
    assert told["explanations"][0]["reasons"]
