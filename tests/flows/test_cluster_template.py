"""What the chart's template becomes for a version."""

from __future__ import annotations

import re
from typing import Any

import pytest

from flows.deploy import template
from flows.errors import NotDeployed

DEPLOYMENTS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: credit-default-predictor, annotations: {credence/version: "${version}"}}
spec: {template: {spec: {initContainers: [{args: ["mlflow://a.b/credit-default/${version}"]}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: credit-default-predictor}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: credit-default-explainer}
spec: {template: {metadata: {labels: {component: explainer}}, spec: {}}}
"""
SERVICE = """
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: credit-default, annotations: {credence/version: "${version}"}}
spec: {predictor: {model: {storageUri: "mlflow://a.b/credit-default/${version}"}}, explainer: {}}
"""


def config(text: str) -> dict[str, Any]:
    return {"metadata": {"name": "f-serving", "uid": "1-2", "namespace": "here"}, "data": {"serving.yaml": text}}


def test_version_is_everywhere() -> None:
    main, _, explainer = template.fill(config(DEPLOYMENTS), "3", "abc")
    assert main["spec"]["template"]["spec"]["initContainers"][0]["args"] == ["mlflow://a.b/credit-default/3"]
    marks = {"credence/version": "3", "credence/history": "abc"}
    assert main["metadata"]["annotations"] == marks | {"credence/template": template.digest(DEPLOYMENTS)}
    assert main["spec"]["template"]["metadata"]["annotations"] == marks
    assert explainer["spec"]["template"]["metadata"] == {"labels": {"component": "explainer"}, "annotations": marks}


def test_another_history_changes_the_pods_alone() -> None:
    before = template.fill(config(DEPLOYMENTS), "3", "abc")
    after = template.renewed(before, "def")
    assert after[0]["spec"]["template"]["metadata"]["annotations"]["credence/history"] == "def"
    assert (template.version_of(after), template.renewed(after, "abc")) == ("3", before)
    assert before == template.fill(config(DEPLOYMENTS), "3", "abc")


def test_objects_go_with_the_template() -> None:
    for document in template.fill(config(DEPLOYMENTS), "3", None):
        owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "f-serving", "uid": "1-2"}
        assert document["metadata"]["ownerReferences"] == [owner]
        assert document["metadata"]["namespace"] == "here"


def test_deployments_are_known_beforehand() -> None:
    expected = ["credit-default-predictor", "credit-default-explainer"]
    assert template.deployments(template.fill(config(DEPLOYMENTS), "3", None)) == expected
    assert template.deployments(template.fill(config(SERVICE), "3", None)) == expected
    alone = SERVICE.replace(", explainer: {}", "")
    assert template.deployments(template.fill(config(alone), "3", None)) == expected[:1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "ConfigMap f-serving, serving.yaml: expected YAML, got while parsing"),
        ("", "expected objects with ${version} in them, got none"),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: a}", "expected objects with ${version} in them, got none"),
        ("kind: ${version}", "serving.yaml, document 1: expected apiVersion, kind and metadata.name"),
        (f"{SERVICE}\n---\n- 1", "serving.yaml, document 2: expected apiVersion, kind and metadata.name"),
    ],
)
def test_no_template_is_refused(text: str, message: str) -> None:
    with pytest.raises(NotDeployed, match=re.escape(message)):
        template.fill(config(text), "3", None)


def test_missing_key_is_named() -> None:
    with pytest.raises(NotDeployed, match=r"ConfigMap f-serving: expected the key serving\.yaml, it is not there"):
        template.text(config("") | {"data": None})
