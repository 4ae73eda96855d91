"""A release that serves by another name than the default is asked by it alone."""

from __future__ import annotations

import json
from typing import Any

from tests.charts.release import NEEDS_CLUSTER
from tests.cluster.platform import APPLICATION, Platform

pytestmark = NEEDS_CLUSTER
_POST = """
import sys, urllib.error, urllib.request
url, content = sys.argv[1:]
request = urllib.request.Request(url, content.encode(), {"Content-Type": "application/json"})
try:
    print(urllib.request.urlopen(request, timeout=60).read().decode())
except urllib.error.HTTPError as error:
    print(error.read().decode())
"""


def post(bank: Platform, url: str, content: Any) -> Any:
    return bank.python(_POST, url, json.dumps(content))


def test_predictor_answers_by_its_name(bank: Platform) -> None:
    application = json.loads(APPLICATION.read_text())
    answer = post(bank, "http://second-predictor/v2/models/second/infer", application)
    assert (answer["model_name"], answer["parameters"]["model_version"]) == ("second", bank.status()["live"])
    told = post(bank, "http://second-predictor/v2/models/credit-default/infer", application)
    assert told["error"] == "model: expected second, the one that is served, got another name"


def test_explainer_answers_by_its_name(bank: Platform) -> None:
    named = {each["name"]: each["data"][0] for each in json.loads(APPLICATION.read_text())["inputs"]}
    told = post(bank, "http://second-explainer/v1/models/second:explain", {"instances": [named]})
    assert told["explanations"][0]["reasons"]
