"""The protocol's JSON: decoding bytes to tensors, and encoding an answer to bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from serving.protocol.answer import DATATYPES, DECISION, EXPLANATION, PROBABILITY, Answer, Parameters
from serving.protocol.errors import Invalid, Refused, quote
from serving.protocol.malformed import explain
from serving.protocol.parameters import MeaningParameters, misunderstood
from serving.protocol.tensors import Tensor

T = TypeVar("T")

LONGEST_ID = 128
"""The most characters of a request's id, which is stored in every record."""

_CONTROL = re.compile("[\0-\x1f\x7f-\x9f]")


class RequestedOutput(msgspec.Struct):
    """A requested output."""

    name: str
    parameters: MeaningParameters | None = None


class Request(msgspec.Struct):
    """An inference request; unknown members are ignored, because the protocol allows extensions."""

    inputs: list[Tensor]
    id: str | None = None
    outputs: list[RequestedOutput] | None = None
    parameters: dict[str, Any] | None = None


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


def decode_json(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Decode a body that must be UTF-8 everywhere; a decoder alone does not check texts that it ignores.

    Raises msgspec.DecodeError, UnicodeDecodeError or RecursionError.
    """
    content = decoder.decode(body)
    if not body.isascii():
        body.decode()
    return content


def decode(body: bytes) -> Request:
    """Decode a request. Raises Refused with the input and the fault."""
    try:
        request = decode_json(body, _decoder)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise explain(body, error) from error
    if request.parameters:
        refused = misunderstood("", request.parameters)
        if refused:
            raise refused
    if not request.inputs:
        raise Invalid("inputs", "one tensor or more", "none")
    if request.id is not None and (len(request.id) > LONGEST_ID or _CONTROL.search(request.id)):
        raise Invalid("id", f"at most {LONGEST_ID} characters without control characters", quote(request.id))
    return request


def encode(answer: Answer, outputs: Sequence[str]) -> bytes:
    """An answer as the body of a response, with the chosen outputs in order."""
    shape = (len(answer.probability),)
    data: dict[str, list[float] | list[str]] = {
        PROBABILITY: answer.probability,
        DECISION: answer.decision,
        EXPLANATION: answer.explanations,
    }
    tensors = [_Tensor(name, shape, DATATYPES[name], data[name]) for name in outputs]
    return _encoder.encode(_Body(answer.model, answer.version, answer.id, answer.parameters, tensors))


def problem(refused: Refused) -> bytes:
    """An error as the body of a response."""
    return _encoder.encode({"error": str(refused)})
