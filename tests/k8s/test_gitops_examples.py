"""The Argo CD and Flux examples parse, and give the chart values that it knows."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from tests.charts.chart import CHART, KSERVE, render
from tests.docs.pages import blocks
from tests.k8s.guide import GITOPS, is_value

OBJECTS = [
    item
    for block in blocks(GITOPS.read_text())
    if block.language == "yaml"
    for item in yaml.safe_load_all(block.content)
]


def example(kind: str) -> dict[str, Any]:
    (found,) = (item for item in OBJECTS if item["kind"] == kind)
    assert isinstance(found, dict)
    return found


VALUES = {
    "argo": example("Application")["spec"]["source"]["helm"]["valuesObject"],
    "flux": example("HelmRelease")["spec"]["values"],
}
EACH = pytest.mark.parametrize("given", VALUES.values(), ids=VALUES)


def leaves(given: dict[str, Any], prefix: str = "") -> list[str]:
    paths = [(f"{prefix}{name}", value) for name, value in given.items()]
    return [
        leaf for path, value in paths for leaf in (leaves(value, f"{path}.") if isinstance(value, dict) else [path])
    ]


@EACH
def test_values_are_the_charts(given: dict[str, Any]) -> None:
    assert [path for path in leaves(given) if not is_value(path)] == []


@EACH
def test_values_satisfy_the_schema(given: dict[str, Any]) -> None:
    arguments = [word for name, value in given.items() for word in ("--set-json", f"{name}={json.dumps(value)}")]
    assert "ServingRuntime" in {item["kind"] for item in render(*KSERVE, *arguments)}


@EACH
def test_tokens_are_not_made_by_the_chart(given: dict[str, Any]) -> None:
    assert given["tokens"]["existingSecret"]


def test_both_take_the_version_of_the_chart() -> None:
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["version"]
    assert example("Application")["spec"]["source"]["targetRevision"] == version
    assert example("OCIRepository")["spec"]["ref"]["semver"] == re.sub(r"\d+$", "x", version)


def test_argo_applies_server_side() -> None:
    assert "ServerSideApply=true" in example("Application")["spec"]["syncPolicy"]["syncOptions"]


def test_release_takes_the_repository_beside_it() -> None:
    repository = example("OCIRepository")
    wanted = {"kind": "OCIRepository", "name": repository["metadata"]["name"]}
    assert example("HelmRelease")["spec"]["chartRef"] == wanted
