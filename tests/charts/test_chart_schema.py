"""What values.schema.json accepts, and how it refuses the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator

from tests.charts.chart import CHART, explained, values

SCHEMA = json.loads((CHART / "values.schema.json").read_text())


def _errors(given: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in Draft7Validator(SCHEMA).iter_errors(given)]


@pytest.mark.parametrize("name", ["values.yaml", "values-small.yaml", "values-production.yaml"])
def test_our_own_values_pass(name: str) -> None:
    assert _errors(values(name)) == []


def _resolve(schema: dict[str, Any]) -> dict[str, Any]:
    return SCHEMA["definitions"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


@pytest.mark.parametrize("path", [value.path for value in explained()])
def test_every_value_is_in_the_schema(path: str) -> None:
    schema = SCHEMA
    for key in path.split("."):
        schema = _resolve(schema["properties"][key])


def _open(schema: dict[str, Any], path: str) -> list[str]:
    schema = _resolve(schema)
    if "properties" not in schema:
        return []
    inner = [each for key, value in schema["properties"].items() for each in _open(value, f"{path}.{key}")]
    return inner if schema["additionalProperties"] is False else [path, *inner]


def test_no_part_takes_unknown_keys() -> None:
    assert _open(SCHEMA, "") == []


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"serving": {"modus": "kserve"}}, "$.serving: Additional properties are not allowed ('modus' was unexpected)"),
        ({"serving": {"mode": "knative"}}, "$.serving.mode: 'knative' is not one of ['kserve', 'deployment']"),
        ({"serving": {"predictor": {"replicas": "2"}}}, "$.serving.predictor.replicas: '2' is not of type 'integer'"),
        ({"serving": {"name": "Credit"}}, "$.serving.name: 'Credit' does not match"),
        ({"serving": {"name": "c" * 41}}, "is too long"),
        ({"history": {"schedule": ""}}, "$.history.schedule: ''"),
        ({"history": {"schedule": "0 24 * * *"}}, "$.history.schedule: '0 24 * * *' does not match"),
        ({"mlflow": {"persistence": {"size": "0"}}}, "$.mlflow.persistence.size: '0' does not match"),
        ({"mlflow": {"persistence": {"storageClass": "Fast SSD"}}}, "storageClass: 'Fast SSD' does not match"),
        ({"image": {"pullSecrets": [""]}}, "$.image.pullSecrets[0]: ''"),
        ({"worker": {"resources": {"limits": {"ram": "1Gi"}}}}, "('ram' was unexpected)"),
        ({"mlflow": {"url": "https://me:secret@mlflow"}}, "$.mlflow.url"),
        ({"promotion": {"approval": True}}, "$.promotion.approval: True is not one of ['required', 'automatic']"),
        (
            {"prefect": {"url": "http://prefect:4200/api"}},
            "$.prefect.url: 'http://prefect:4200/api' should not be",
        ),
        ({"mlflow": {"url": "mlflow:5000"}}, "$.mlflow.url: 'mlflow:5000' does not match"),
        ({"mlflow": {"externalUrl": "mlflow:5000"}}, "$.mlflow.externalUrl: 'mlflow:5000' does not match"),
        (
            {"prefect": {"externalUrl": "https://prefect.example.com/api"}},
            "$.prefect.externalUrl: 'https://prefect.example.com/api' should not be",
        ),
        (
            {"monitor": {"externalUrl": "https://monitor.example.com/review"}},
            "$.monitor.externalUrl: 'https://monitor.example.com/review' should not be",
        ),
        ({"retraining": {"schedule": "daily"}}, "$.retraining.schedule: 'daily' does not match"),
        (
            {"runs": {"resources": {"limits": {"memory": "4 GB"}}}},
            "limits.memory: '4 GB' does not match",
        ),
        ({"image": {"platform": {"digest": "latest"}}}, "$.image.platform.digest: 'latest' does not match"),
        ({"networkPolicy": {"apiPorts": []}}, "$.networkPolicy.apiPorts: [] should be non-empty"),
        ({"passwords": {}}, "$: Additional properties are not allowed ('passwords' was unexpected)"),
    ],
)
def test_wrong_value_is_named(given: Any, says: str) -> None:
    (error,) = _errors(given)
    assert says in error
