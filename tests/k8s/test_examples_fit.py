"""The plain manifests fit each other, the pods' settings exist, and pod security `restricted` would admit them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

import flows.settings
import monitoring.settings
import serving.predictor.settings
from tests.k8s.manifests import EXAMPLES, FOLDER, RESTORE, containers, objects, pods

EACH = pytest.mark.parametrize("path", [*EXAMPLES, RESTORE], ids=lambda path: path.stem)
ALL = [item for path in EXAMPLES for item in objects(path)]
SETTINGS = (
    flows.settings.PlatformSettings,
    monitoring.settings.MonitorSettings,
    serving.predictor.settings.PredictorSettings,
)
EXAMPLE = "mlflow://credence.credence-example/"


def named(kind: str) -> dict[str, dict[str, Any]]:
    return {item["metadata"]["name"]: item for item in ALL if item["kind"] == kind}


@EACH
def test_objects_take_their_namespace_from_the_command(path: Path) -> None:
    assert [item["kind"] for item in objects(path) if "namespace" in item["metadata"]] == []


@EACH
def test_pods_run_without_rights(path: Path) -> None:
    for pod in (pod for item in objects(path) for pod in pods(item)):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}


@EACH
def test_containers_are_closed_and_bounded(path: Path) -> None:
    for container in (container for item in objects(path) for container in containers(item)):
        closed = container["securityContext"]
        assert closed["capabilities"] == {"drop": ["ALL"]}
        assert closed["allowPrivilegeEscalation"] is False
        assert closed["readOnlyRootFilesystem"] is True
        assert {"requests", "limits"} <= container["resources"].keys()


@EACH
def test_settings_exist(path: Path) -> None:
    known = {f"CREDENCE_{field.name.upper()}" for kind in SETTINGS for field in msgspec.structs.fields(kind)}
    entries = [entry for item in objects(path) for container in containers(item) for entry in container.get("env", [])]
    assert {entry["name"] for entry in entries if entry["name"].startswith("CREDENCE_")} <= known


def test_services_select_pods() -> None:
    labels = [item["spec"]["template"]["metadata"]["labels"] for item in named("Deployment").values()]
    selectors = [item["spec"]["selector"] for item in named("Service").values()]
    assert selectors
    assert [selector for selector in selectors if selector not in labels] == []


def test_both_ways_to_serve_read_the_same_version() -> None:
    (initializer,) = named("Deployment")["credit-default-predictor"]["spec"]["template"]["spec"]["initContainers"]
    uri = named("InferenceService")["credit-default"]["spec"]["predictor"]["model"]["storageUri"]
    assert uri in initializer["command"]
    assert uri == f"{EXAMPLE}credit-default/1"


def test_storage_container_takes_this_release_alone() -> None:
    (storage,) = named("ClusterStorageContainer").values()
    assert storage["spec"]["supportedUriFormats"] == [{"prefix": EXAMPLE}]
    assert storage["spec"]["container"]["name"] == "storage-initializer"


def test_question_asks_the_documented_application() -> None:
    asked = json.loads(named("ConfigMap")["application"]["data"]["application.json"])
    assert asked == json.loads((FOLDER.parent / "docs" / "application.json").read_text())


def test_readme_applies_every_example() -> None:
    text = (FOLDER / "README.md").read_text()
    assert [path.name for path in EXAMPLES if f"k8s/examples/{path.name}" not in text] == []
