"""The protocol's JSON: bytes to tensors, an answer to bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from serving.protocol.errors import Invalid, Refused, quote
from serving.protocol.faults import explain
from serving.protocol.tensors import Tensor

OUTPUTS = {"probabilite_de_defaut": "FP64", "classe": "BYTES"}
"""What an answer can hold, by name, with its datatype."""

LONGEST_ID = 128
"""Characters of a request's id; it is kept in every record."""


class Output(msgspec.Struct):
    """An output that a request asks for."""

    name: str
    parameters: dict[str, Any] | None = None


class Request(msgspec.Struct):
    """An inference request; other members than these are ignored, as the protocol allows extensions."""

    inputs: list[Tensor]
    id: str | None = None
    outputs: list[Output] | None = None
    parameters: dict[str, Any] | None = None


class Parameters(msgspec.Struct, omit_defaults=True):
    """What an answer says beside its tensors.

    The protocol's parameters are scalars, so what is one a row is joined: by commas, warnings by line ends.
    """

    model_version: str
    threshold: float
    timestamp: str
    """When it was answered: ISO 8601, UTC."""
    latency_ms: float
    """From the whole body received to the answer decided."""
    record_ids: str
    """One a row, in order; the key under which an outcome is reported later. Empty if nothing was recorded."""
    history: str
    """One a row: `found`, `none`, `not asked` or `stale`."""
    warnings: str = ""


class Answer(msgspec.Struct):
    """One answered request, before a wire gives it bytes."""

    model: str
    version: str
    id: str
    probability: list[float]
    decision: list[str]
    parameters: Parameters


class _Tensor(msgspec.Struct):
    name: str
    shape: tuple[int, ...]
    datatype: str
    data: list[float] | list[str]


class _Body(msgspec.Struct):
    model_name: str
    model_version: str
    id: str
    parameters: Parameters
    outputs: list[_Tensor]


_decoder = msgspec.json.Decoder(Request)
_encoder = msgspec.json.Encoder()


def decode(body: bytes) -> Request:
    """Raises Refused, naming the input and what is wrong with it."""
    try:
        request = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise explain(body, error) from error
    if not request.inputs:
        raise Invalid("inputs", "one tensor or more", "none")
    if request.id is not None and (len(request.id) > LONGEST_ID or not request.id.isprintable()):
        raise Invalid("id", f"at most {LONGEST_ID} printable characters", quote(request.id))
    return request


def choose(outputs: Sequence[Output] | None) -> Sequence[str]:
    """The names of the outputs to answer with; none asked for means all.

    Raises Refused for a name that is not an output, or comes twice.
    """
    if not outputs:
        return tuple(OUTPUTS)
    names = [output.name for output in outputs]
    for position, name in enumerate(names):
        if name not in OUTPUTS:
            raise Invalid(f"outputs[{position}]", " or ".join(OUTPUTS), quote(name))
        if name in names[:position]:
            raise Invalid(f"outputs[{position}]", "each name once", f"{quote(name)} again")
    return names


def encode(answer: Answer, outputs: Sequence[str]) -> bytes:
    """An answer as the body of a response, with the chosen outputs in their order."""
    shape = (len(answer.probability),)
    data: dict[str, list[float] | list[str]] = {
        "probabilite_de_defaut": answer.probability,
        "classe": answer.decision,
    }
    tensors = [_Tensor(name, shape, OUTPUTS[name], data[name]) for name in outputs]
    return _encoder.encode(_Body(answer.model, answer.version, answer.id, answer.parameters, tensors))


def problem(refused: Refused) -> bytes:
    """An error as the body of a response."""
    return _encoder.encode({"error": str(refused)})
