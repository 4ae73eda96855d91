"""Decodes a request's JSON into a struct."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from monitoring.errors import RequestError

T = TypeVar("T")


def decode(body: bytes, kind: type[T]) -> T:
    """A body's JSON as a struct. Raises RequestError, which names the field."""
    try:
        content = msgspec.json.decode(body, type=kind)
        body.decode()  # the decoder does not check the texts that it ignores
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `")
        field = place.rstrip("`").removeprefix("$").removeprefix(".") or "body"
        raise RequestError(f"{field}: {message[0].lower()}{message[1:]}") from error
    except UnicodeDecodeError as error:
        raise RequestError("body: expected texts in UTF-8, got other bytes") from error
    except msgspec.DecodeError as error:
        raise RequestError("body: expected JSON, got something else") from error
    return content
