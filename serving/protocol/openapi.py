"""An OpenAPI 3.1 description of the REST API, made from a bundle's fields."""

from __future__ import annotations

from typing import Any

from serving.protocol.answer import DATATYPES, DECISION, EXPLANATION, PROBABILITY
from serving.protocol.codec import CLIENT, GRAPH
from serving.protocol.errors import LONGEST_QUOTE
from serving.protocol.rest import LONGEST_ID
from serving.protocol.warnings import LONGEST_TEXT
from training.bundle.manifest import Field, Manifest

_INTEGERS = ["INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"]
_NUMBERS = ["FP32", "FP64", *_INTEGERS]
_TEXT = {"type": "string"}
_PARAMETERS = {
    "type": ["object", "null"],
    "properties": {
        "content_type": {"enum": ["str", "np", "pd", None]},
        "binary_data_size": {"type": "null"},
        "shared_memory_region": {"type": "null"},
        "classification": {"enum": [0, None]},
    },
    "description": "Parameters that say that a value means something else are refused, all others are ignored.",
}
_SHAPE = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1, "maxItems": 2}


def example(manifest: Manifest) -> dict[str, Any]:
    """A request with one application whose values are in the middle of training's ranges."""
    return {
        "inputs": [
            {"name": field.name, "shape": [1], "datatype": field.datatype, "data": [_usual(field)]}
            for field in manifest.fields
        ]
    }


def describe(manifest: Manifest, name: str, version: str) -> dict[str, Any]:
    """The document behind /openapi.json."""
    model = f"/v2/models/{name}"
    versioned = f"{model}/versions/{version}"
    infer = _infer(manifest)
    about, ready = _get("What the model takes and gives", "Metadata"), _get("Is this model ready?", "Ready", 503)
    return {
        "openapi": "3.1.0",
        "info": {"title": name, "version": version, "description": _introduction(manifest)},
        "paths": {
            "/v2": {"get": _get("What the server is", "Server")},
            "/v2/health/live": {"get": _get("Does the process run?", "Live")},
            "/v2/health/ready": {"get": _get("Are applications answered?", "Ready", 503)},
            model: {"get": about},
            versioned: {"get": about},
            f"{model}/ready": {"get": ready},
            f"{versioned}/ready": {"get": ready},
            f"{model}/infer": {"post": {**infer, "operationId": "infer"}},
            f"{versioned}/infer": {"post": {**infer, "operationId": "inferVersion"}},
        },
        "components": {"schemas": _schemas(manifest, name, version)},
    }


def _introduction(manifest: Manifest) -> str:
    required = ", ".join(field.name for field in manifest.fields if field.required) or "none"
    return (
        "One tensor a field, each of shape [n] or [n, 1] for n applications; null or left out is missing. "
        f"Required: {required}. `{CLIENT}` adds the history of a known client. "
        f"Or the graph's own tensors: {', '.join(f'`{name}`' for name in GRAPH)}. "
        f"Errors quote at most {LONGEST_QUOTE} characters of what was sent."
    )


def _get(summary: str, schema: str, *others: int) -> dict[str, Any]:
    refused = {str(status): _response("Not now", schema) for status in others}
    return {"summary": summary, "responses": {"200": _response("Answered", schema), **refused, **_errors(404)}}


def _infer(manifest: Manifest) -> dict[str, Any]:
    body = {"schema": {"$ref": "#/components/schemas/Request"}, "example": example(manifest)}
    return {
        "summary": "Probability of default and decision",
        "requestBody": {"required": True, "content": {"application/json": body}},
        "responses": {"200": _response("Answered", "Answer"), **_errors(400, 404, 408, 413, 415, 503)},
    }


def _response(description: str, schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}


def _errors(*statuses: int) -> dict[str, Any]:
    return {str(status): _response("Refused, and why", "Error") for status in statuses}


def _schemas(manifest: Manifest, name: str, version: str) -> dict[str, Any]:
    metadata = {"name": {"const": name}, "versions": {"const": [version]}, "platform": _TEXT, "parameters": {}}
    tensors = {"type": "array", "items": {"type": "object", "required": ["name", "datatype", "shape"]}}
    return {
        "Error": _object({"error": _TEXT}, "error"),
        "Server": _object({"name": _TEXT, "version": _TEXT, "extensions": {"type": "array", "items": _TEXT}}, "name"),
        "Live": _object({"live": {"const": True}}, "live"),
        "Ready": _object({"ready": {"type": "boolean"}, "name": _TEXT, "version": _TEXT, "error": _TEXT}, "ready"),
        "Metadata": _object({**metadata, "inputs": tensors, "outputs": tensors}, "name", "inputs", "outputs"),
        "Request": _request(manifest),
        "Answer": _answer(manifest, name, version),
    }


def _request(manifest: Manifest) -> dict[str, Any]:
    numbers, texts = list(manifest.numeric), list(manifest.categorical)
    whole = [field.name for field in numbers if field.datatype == "INT64"]
    kinds = [
        _tensor([field.name for field in numbers], ["FP32", "FP64"], {"type": ["number", "null"]}),
        _tensor([CLIENT, *whole], _INTEGERS, {"type": ["integer", "null"]}),
        *(_tensor([field.name], ["BYTES"], {"type": ["string", "null"], "maxLength": LONGEST_TEXT}) for field in texts),
        _tensor(["numeric", "history"], _NUMBERS, {"type": ["number", "null"]}),
        _tensor(["categorical"], ["BYTES"], {"type": ["string", "null"], "maxLength": LONGEST_TEXT}),
    ]
    output = _object({"name": {"enum": list(DATATYPES)}, "parameters": _PARAMETERS}, "name")
    outputs = {"type": "array", "items": output, "uniqueItems": True}
    properties = {
        "id": {"type": "string", "maxLength": LONGEST_ID},
        "inputs": {"type": "array", "minItems": 1, "items": {"anyOf": kinds}},
        "outputs": outputs,
        "parameters": _PARAMETERS,
    }
    return _object(properties, "inputs")


def _tensor(names: list[str], datatypes: list[str], value: dict[str, Any]) -> dict[str, Any]:
    nested = {"type": "array", "items": value}
    properties = {
        "name": {"enum": names},
        "shape": _SHAPE,
        "datatype": {"enum": datatypes},
        "data": {"type": "array", "minItems": 1, "items": {"anyOf": [value, nested]}},
    }
    return _object({**properties, "parameters": _PARAMETERS}, *properties)


def _answer(manifest: Manifest, name: str, version: str) -> dict[str, Any]:
    policy = manifest.policy
    values = {
        PROBABILITY: {"type": "number", "minimum": 0, "maximum": 1},
        DECISION: {"enum": [policy.accept, policy.refuse]},
        EXPLANATION: {"type": "string", "contentMediaType": "application/json"},
    }
    outputs = [
        _object(
            {
                "name": {"const": output},
                "datatype": {"const": datatype},
                "shape": _SHAPE,
                "data": {"type": "array", "items": values[output]},
            },
            "name",
            "shape",
            "datatype",
            "data",
        )
        for output, datatype in DATATYPES.items()
    ]
    parameters = _object(
        {
            "model_version": {"const": version},
            "threshold": {"const": policy.threshold},
            "timestamp": {"type": "string", "format": "date-time"},
            "latency_ms": {"type": "number"},
            "record_ids": {"type": "string", "description": "One an application, joined by commas."},
            "history": {"type": "string", "description": "found, none, not asked or stale; joined by commas."},
            "warnings": {"type": "string", "description": "A line each."},
        },
        *("model_version", "threshold", "timestamp", "latency_ms", "record_ids", "history"),
    )
    properties = {
        "model_name": {"const": name},
        "model_version": {"const": version},
        "id": _TEXT,
        "parameters": parameters,
        "outputs": {"type": "array", "minItems": 1, "items": {"anyOf": outputs}},
    }
    return _object(properties, *properties)


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def _usual(field: Field) -> float | int | str | None:
    if field.datatype == "BYTES":
        return field.levels[0] if field.levels else None
    if field.minimum is None or field.maximum is None:
        return None
    middle = (field.minimum + field.maximum) / 2
    return int(middle) if field.datatype == "INT64" else middle
