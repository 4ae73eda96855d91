"""The protocol's metadata of server and model: names, types, shapes, and the meaning of each field."""

from __future__ import annotations

from typing import Any

from serving.protocol.answer import EXPLANATION, OUTPUTS
from serving.protocol.codec import CLIENT, GRAPH
from training.bundle.manifest import Field, Manifest

SERVER = {"name": "credence", "version": "2", "extensions": ["model_repository(admin port)"]}
"""`GET /v2`."""


def describe(manifest: Manifest, name: str, version: str) -> dict[str, Any]:
    """`GET /v2/models/{name}`. A named input may also have the shape [-1, 1]."""
    return {
        "name": name,
        "versions": [version],
        "platform": "onnxruntime_onnx",
        "inputs": [_client(), *(_input(field) for field in manifest.fields)],
        "outputs": [*(_output(output, datatype) for output, datatype in OUTPUTS.items()), _explanation()],
        "parameters": {
            "family": manifest.family,
            "threshold": manifest.policy.threshold,
            "decisions": [manifest.policy.accept, manifest.policy.refuse],
            "graph_inputs": _graph(manifest),
        },
    }


def _client() -> dict[str, Any]:
    description = "The client, whose history is added if it is known; null or left out for a new client."
    return {
        "name": CLIENT,
        "datatype": "INT64",
        "shape": [-1],
        "parameters": {"description": description, "required": False},
    }


def _output(name: str, datatype: str) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": [-1]}


def _explanation() -> dict[str, Any]:
    description = "Why, as JSON: base, margin, reasons, by_reason. Answered where `outputs` names it."
    return {**_output(EXPLANATION, "BYTES"), "parameters": {"description": description, "optional": True}}


def _input(field: Field) -> dict[str, Any]:
    parameters: dict[str, Any] = {"description": field.description, "required": field.required}
    if field.unit is not None:
        parameters["unit"] = field.unit
    if field.levels:
        parameters["levels"] = field.levels
    if field.anomalies:
        parameters["read_as_missing"] = [_typed(field, value) for value in field.anomalies]
    if field.minimum is not None:
        parameters["minimum"] = _typed(field, field.minimum)
    if field.maximum is not None:
        parameters["maximum"] = _typed(field, field.maximum)
    if field.protected:
        parameters["protected"] = True
    return {"name": field.name, "datatype": field.datatype, "shape": [-1], "parameters": parameters}


def _typed(field: Field, value: float | str) -> float | str:
    """A value in the field's datatype, because a bundle holds every number as a float."""
    return int(value) if field.datatype == "INT64" else value


def _graph(manifest: Manifest) -> list[dict[str, Any]]:
    """The graph's own tensors, which a caller may send instead of named fields."""
    numeric = [field.name for field in manifest.numeric]
    categorical = [field.name for field in manifest.categorical]
    columns = zip(GRAPH, ("FP32", "BYTES", "FP32"), (numeric, categorical, manifest.history), strict=True)
    return [
        {"name": name, "datatype": datatype, "shape": [-1, len(names)], "columns": names}
        for name, datatype, names in columns
    ]
