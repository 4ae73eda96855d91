"""Why a body is not a request: found by looking at it again, slowly, for the first thing that is wrong.

Reading is fast because it only says that something is wrong. What and where is worth the second look to the caller.
"""

from __future__ import annotations

from typing import Any

import msgspec

from serving.protocol.errors import Invalid, Refused, quote
from serving.protocol.tensors import TENSORS, Tensor


def explain(body: bytes, error: Exception) -> Refused:
    """The refusal for a body whose decoding raised `error`."""
    if isinstance(error, RecursionError):
        return Refused("body: expected JSON nested a few levels deep, got far more", "body")
    try:
        found = _look(msgspec.json.decode(body))
    except UnicodeDecodeError:
        found = Refused("body: expected texts in UTF-8, got other bytes", "body")
    except (msgspec.DecodeError, RecursionError) as broken:
        found = Refused(f"body: expected JSON, got something else: {broken}", "body")
    # what the second look does not know of still has the decoder's own words
    return found or Refused(f"body: {error}", "body")


def _look(request: Any) -> Refused | None:
    if not isinstance(request, dict):
        return Invalid("body", "an object with `inputs`", _kind(request))
    inputs = request.get("inputs")
    if not isinstance(inputs, list):
        return Invalid("inputs", "a list of tensors", _kind(inputs) if "inputs" in request else "nothing")
    for position, tensor in enumerate(inputs):
        found = _look_at_tensor(f"inputs[{position}]", tensor)
        if found:
            return found
    return None


def _look_at_tensor(where: str, tensor: Any) -> Refused | None:
    if not isinstance(tensor, dict):
        return Invalid(where, "an object with name, shape, datatype and data", _kind(tensor))
    name = tensor.get("name")
    if not isinstance(name, str):
        return Invalid(f"{where}.name", "a text", _kind(name) if "name" in tensor else "nothing")
    datatype = tensor.get("datatype")
    kind = TENSORS.get(datatype) if isinstance(datatype, str) else None
    if kind is None:
        return Invalid(f"{_label(where, name)}: datatype", ", ".join(TENSORS), quote(datatype))
    shape = tensor.get("shape")
    if not isinstance(shape, list) or not all(type(size) is int for size in shape):
        return Invalid(f"{_label(where, name)}: shape", "a list of whole numbers", _kind(shape))
    return _look_at_data(_label(where, name), kind, tensor)


def _look_at_data(label: str, kind: type[Tensor], tensor: dict[str, Any]) -> Refused | None:
    data = tensor.get("data")
    if not isinstance(data, list):
        parameters = tensor.get("parameters")
        if isinstance(parameters, dict) and "binary_data_size" in parameters:
            return Refused(f"{label}: binary tensors are not accepted, send `data` as JSON", label)
        return Invalid(f"{label}: data", "a list", _kind(data) if "data" in tensor else "nothing")
    for position, value in enumerate(data):
        for nested in value if isinstance(value, list) else (value,):
            try:
                msgspec.convert({**tensor, "shape": [], "data": [nested]}, kind)
            except msgspec.ValidationError:
                return Invalid(
                    label, f"values of datatype {tensor['datatype']} or null", f"{_kind(nested)} in data[{position}]"
                )
    return None


def _label(where: str, name: str) -> str:
    return name if name.isidentifier() and len(name) <= 60 else where


def _kind(value: Any) -> str:
    """A value of a body, in the words of JSON."""
    if isinstance(value, str):
        return f"the text {quote(value)}"
    if isinstance(value, (bool, list, dict)) or value is None:
        return quote(value)
    return f"the number {quote(value)}"
