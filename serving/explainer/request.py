"""Requests to an explainer; both protocols are read as the same type of request."""

from __future__ import annotations

from typing import Any

import msgspec

from serving.protocol import rest
from serving.protocol.codec import CLIENT
from serving.protocol.errors import Conflict, Invalid, Refused, TooLarge, quote
from serving.protocol.rest import Request
from serving.protocol.shapes import MOST_ROWS
from training.bundle import Manifest

OUTPUT = "explanation"
"""The only output: one JSON text per row."""

MOST_EXPLAINED = 64
"""The most applications in a request; a booster takes about 7 ms for each."""

MOST_SEARCHED = 1
"""The most applications in a request for an anchor or a counterfactual, because the search takes seconds."""


class Extras(msgspec.Struct, frozen=True):
    """The searches that `parameters` request in addition to the reasons."""

    anchor: bool = False
    counterfactual: bool = False


class _V1(msgspec.Struct):
    instances: list[dict[str, Any]]
    parameters: dict[str, Any] | None = None
    id: str | None = None


_decoder = msgspec.json.Decoder(_V1)


def decode_v1(body: bytes, manifest: Manifest) -> Request:
    """Read `{"instances": [{field: value}]}` as a V2 request with one tensor per field, so both use the same code.

    Raises Refused with the field and the fault.
    """
    try:
        content = rest.decode_json(body, _decoder)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(f'body: expected {{"instances": [{{field: value}}]}}, got something else: {error}') from error
    if not content.instances:
        raise Invalid("instances", "one application or more", "none")
    if len(content.instances) > MOST_ROWS:
        raise TooLarge(f"{len(content.instances)} applications are more than {MOST_ROWS}")
    datatypes = {field.name: field.datatype for field in manifest.fields} | {CLIENT: "INT64"}
    names = dict.fromkeys(name for instance in content.instances for name in instance)
    if not names:
        raise Invalid("instances[0]", "an object of fields and their values", "an empty one")
    tensors = [_tensor(name, datatypes.get(name), [each.get(name) for each in content.instances]) for name in names]
    request = {"inputs": tensors, "parameters": content.parameters, "id": content.id}
    return rest.decode(msgspec.json.encode(request))


def _tensor(name: str, datatype: str | None, values: list[Any]) -> dict[str, Any]:
    if datatype is None:  # not a field of the model; the codec reports it
        datatype = "BYTES" if any(isinstance(value, str) for value in values) else "FP64"
    elif datatype == "INT64" and any(isinstance(value, float) for value in values):
        datatype = "FP64"  # 2.0 is a whole number too
    return {"name": name, "shape": [len(values)], "datatype": datatype, "data": values}


def extras_of(request: Request, version: str) -> Extras:
    """The searches that the parameters request. Raises Refused; it is Conflict if they name another version."""
    parameters = request.parameters or {}
    other = parameters.get("version")
    if other is not None:
        check_version(str(other), version)
    return Extras(_flag(parameters, "anchor"), _flag(parameters, "counterfactual"))


def check(request: Request, extras: Extras) -> None:
    """Raise Invalid if the request has too many applications or asks for another output."""
    for position, output in enumerate(request.outputs or ()):
        if output.name != OUTPUT:
            raise Invalid(f"outputs[{position}]", OUTPUT, quote(output.name))
    shape = request.inputs[0].shape
    most = MOST_SEARCHED if extras.anchor or extras.counterfactual else MOST_EXPLAINED
    if shape and shape[0] > most:
        limit = "one application with an anchor or a counterfactual" if most == 1 else f"at most {most} applications"
        raise Invalid("inputs", f"{limit}, because each takes its time", str(shape[0]))


def check_version(requested: str, version: str) -> None:
    """Raise Conflict unless the requested version is the one that is explained here."""
    if requested != version:
        raise Conflict(f"version: expected {version}, the one that is explained here, got {quote(requested)}")


def _flag(parameters: dict[str, Any], name: str) -> bool:
    value = parameters.get(name, False)
    if not isinstance(value, bool):
        raise Invalid(f"parameters.{name}", "true or false", quote(value))
    return value
