"""Bodies of requests and answers."""

from __future__ import annotations

import asyncio
from typing import TypeVar

import msgspec
from fastapi import Request, Response

from monitoring.errors import ContentTypeError, RequestError, SlowError, TooLargeError

T = TypeVar("T")

_PATIENCE = 30.0
"""Seconds that a body may take to come."""


async def read_body(request: Request, expected: str) -> bytes:
    """Raises RequestError for a body that is of another type, too large, or does not come."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != expected:
        raise ContentTypeError(f"Content-Type: expected {expected}, got {kind!r}")
    most: int = request.app.state.max_body
    content = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE):
            while True:
                message = await request.receive()
                content += message.get("body", b"")
                if len(content) > most:
                    raise TooLargeError(f"body: expected at most {most} bytes, got more")
                if message["type"] == "http.disconnect":
                    raise RequestError("body: expected all of it, got a closed connection")
                if not message.get("more_body"):
                    return bytes(content)
    except TimeoutError as error:
        raise SlowError(f"body: expected it within {_PATIENCE:.0f} seconds, got {len(content)} bytes") from error


def decode(body: bytes, kind: type[T]) -> T:
    """A body's JSON as a struct. Raises RequestError, which names the field."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `")
        field = place.rstrip("`").removeprefix("$").removeprefix(".") or "body"
        raise RequestError(f"{field}: {message[0].lower()}{message[1:]}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestError("body: expected JSON, got something else") from error


def answer(content: object, status_code: int = 200) -> Response:
    """What is told, as JSON."""
    return Response(msgspec.json.encode(content), status_code, media_type="application/json")
