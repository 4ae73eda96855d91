"""What an explainer can be asked, in either protocol, as one request."""

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
"""The one output: a JSON text a row."""

MOST_EXPLAINED = 64
"""Applications in a request: a booster takes some 7 ms for each."""

MOST_SEARCHED = 1
"""Applications in a request that asks for an anchor or a counterfactual: the search takes seconds."""


class Wanted(msgspec.Struct, frozen=True):
    """What `parameters` ask for beside the reasons."""

    anchor: bool = False
    counterfactual: bool = False


class _V1(msgspec.Struct):
    instances: list[dict[str, Any]]
    parameters: dict[str, Any] | None = None
    id: str | None = None


_decoder = msgspec.json.Decoder(_V1)


def decode_v1(body: bytes, manifest: Manifest) -> Request:
    """`{"instances": [{field: value}]}` as the request of V2 with a tensor a field, so that both are read alike.

    Raises Refused, naming the field and what is wrong with it.
    """
    try:
        asked = rest.decode_json(body, _decoder)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(f'body: expected {{"instances": [{{field: value}}]}}, got something else: {error}') from error
    if not asked.instances:
        raise Invalid("instances", "one application or more", "none")
    if len(asked.instances) > MOST_ROWS:
        raise TooLarge(f"{len(asked.instances)} applications are more than {MOST_ROWS}")
    datatypes = {field.name: field.datatype for field in manifest.fields} | {CLIENT: "INT64"}
    names = dict.fromkeys(name for instance in asked.instances for name in instance)
    if not names:
        raise Invalid("instances[0]", "an object of fields and their values", "an empty one")
    tensors = [_tensor(name, datatypes.get(name), [each.get(name) for each in asked.instances]) for name in names]
    content = {"inputs": tensors, "parameters": asked.parameters, "id": asked.id}
    return rest.decode(msgspec.json.encode(content))


def _tensor(name: str, datatype: str | None, values: list[Any]) -> dict[str, Any]:
    if datatype is None:  # no field of the model: what it is, is for the codec to say
        datatype = "BYTES" if any(isinstance(value, str) for value in values) else "FP64"
    elif datatype == "INT64" and any(isinstance(value, float) for value in values):
        datatype = "FP64"  # 2.0 is a whole number, too
    return {"name": name, "shape": [len(values)], "datatype": datatype, "data": values}


def wanted(request: Request, version: str) -> Wanted:
    """What the parameters ask for. Raises Refused, with Conflict where they name another version."""
    parameters = request.parameters or {}
    other = parameters.get("version")
    if other is not None:
        check_version(str(other), version)
    return Wanted(_flag(parameters, "anchor"), _flag(parameters, "counterfactual"))


def check(request: Request, asked: Wanted) -> None:
    """Raises Invalid where there is more to explain than a request may have, or another output is asked for."""
    for position, output in enumerate(request.outputs or ()):
        if output.name != OUTPUT:
            raise Invalid(f"outputs[{position}]", OUTPUT, quote(output.name))
    shape = request.inputs[0].shape
    most = MOST_SEARCHED if asked.anchor or asked.counterfactual else MOST_EXPLAINED
    if shape and shape[0] > most:
        what = "one application with an anchor or a counterfactual" if most == 1 else f"at most {most} applications"
        raise Invalid("inputs", f"{what}, because each takes its time", str(shape[0]))


def check_version(asked: str, version: str) -> None:
    """Raises Conflict for another version than the one that is explained here."""
    if asked != version:
        raise Conflict(f"version: expected {version}, the one that is explained here, got {quote(asked)}")


def _flag(parameters: dict[str, Any], name: str) -> bool:
    value = parameters.get(name, False)
    if not isinstance(value, bool):
        raise Invalid(f"parameters.{name}", "true or false", quote(value))
    return value
