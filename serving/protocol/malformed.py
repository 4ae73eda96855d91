"""The reason why a body is not a valid request: a second, slow pass finds the first fault.

The first pass is fast because it only reports that there is a fault. The second pass names the fault and its place.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec

from serving.protocol.errors import Invalid, Refused, quote
from serving.protocol.parameters import misunderstood
from serving.protocol.tensors import TENSORS, Tensor


class _Beyond:
    """A number that no float can hold, so it fits no datatype."""


def _number(text: str) -> float | _Beyond:
    value = float(text)
    return value if math.isfinite(value) else _Beyond()


_decoder = msgspec.json.Decoder(float_hook=_number)


def explain(body: bytes, error: Exception) -> Refused:
    """The refusal for a body whose decoding raised `error`."""
    if isinstance(error, RecursionError):
        return _too_deep()
    if isinstance(error, UnicodeDecodeError):
        return _no_text()
    try:
        refused = _look(_decoder.decode(body))
    except UnicodeDecodeError:
        refused = _no_text()
    except RecursionError:
        refused = _too_deep()
    except (msgspec.DecodeError, ValueError) as broken:
        refused = Refused(f"body: expected JSON, got something else: {broken}", "body")
    # If the second pass finds no fault, the decoder's message is used.
    return refused or Refused(f"body: {error}", "body")


def _too_deep() -> Refused:
    return Refused("body: expected JSON nested a few levels deep, got far more", "body")


def _no_text() -> Refused:
    return Refused("body: expected texts in UTF-8, got other bytes", "body")


def _look(request: Any) -> Refused | None:
    if not isinstance(request, dict):
        return Invalid("body", "an object with `inputs`", _kind(request))
    inputs = request.get("inputs")
    if not isinstance(inputs, list):
        return Invalid("inputs", "a list of tensors", _kind(inputs) if "inputs" in request else "nothing")
    for position, tensor in enumerate(inputs):
        refused = _look_at_tensor(f"inputs[{position}]", tensor)
        if refused:
            return refused
    outputs = request.get("outputs")
    for position, output in enumerate(outputs if isinstance(outputs, list) else ()):
        refused = misunderstood(f"outputs[{position}].", output.get("parameters")) if isinstance(output, dict) else None
        if refused:
            return refused
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
    refused = misunderstood(f"{_label(where, name)}: ", tensor.get("parameters"))
    return refused or _look_at_data(_label(where, name), kind, tensor)


def _look_at_data(label: str, kind: type[Tensor], tensor: dict[str, Any]) -> Refused | None:
    data = tensor.get("data")
    if not isinstance(data, list):
        return Invalid(f"{label}: data", "a list", _kind(data) if "data" in tensor else "nothing")
    if _fits(data, kind):
        return None
    position = _first_misfit(data, kind)
    value = data[position]
    if isinstance(value, list):
        value = next((each for each in value if isinstance(each, list) or not _fits([each], kind)), value)
    expected = f"values of datatype {tensor['datatype']} or null"
    return Invalid(label, expected, f"{_kind(value)} in data[{position}]")


def _first_misfit(data: list[Any], kind: type[Tensor]) -> int:
    """The index of the first value that does not fit.

    It is found by bisection: a body may have a million values, and the decoder checks them faster than a loop here.
    """
    low, high = 0, len(data)
    while high - low > 1:
        middle = (low + high) // 2
        if _fits(data[low:middle], kind):
            low = middle
        else:
            high = middle
    return low


def _fits(data: list[Any], kind: type[Tensor]) -> bool:
    tensor = {"name": "", "shape": [], "datatype": str(kind.__struct_config__.tag), "data": data}
    try:
        msgspec.convert(tensor, kind)
    except (msgspec.ValidationError, OverflowError):
        return False
    return True


def _label(where: str, name: str) -> str:
    return name if name.isidentifier() and len(name) <= 60 else where


def _kind(value: Any) -> str:
    """A value of a body for an error message, with the terms of JSON."""
    if isinstance(value, _Beyond):
        return "a number beyond 64 bits"
    if isinstance(value, str):
        return f"the text {quote(value)}"
    if isinstance(value, (bool, list, dict)) or value is None:
        return quote(value)
    return f"the number {quote(value)}"
