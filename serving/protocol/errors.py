"""The errors of a request.

Refused (400)
├── Invalid (400)         an input does not fit the model's fields
├── ForeignOrigin (403)
├── NotFound (404)
├── WrongMethod (405)
├── TooSlow (408)
├── Conflict (409)
├── TooLarge (413)
├── WrongContentType (415)
├── WrongEncoding (415)
└── Unavailable (503)
"""

from __future__ import annotations

import json
import re

LONGEST_QUOTE = 60
"""Characters of a caller's value that an error quotes; enough to recognise the value."""

_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Characters that JSON need not escape but a line of text must: control characters, line ends, and surrogates."""


class Refused(Exception):  # noqa: N818 - the caller's error, not ours
    """A request is answered with an error. `where` may be logged; the message must not, as it may quote values."""

    status = 400
    header: tuple[bytes, bytes] | None = None
    """What the answer's head says beside the status."""

    def __init__(self, message: str, where: str = "request") -> None:
        super().__init__(message)
        self.where = where


class Invalid(Refused):
    """An input does not fit the model's fields."""

    def __init__(self, where: str, expected: str, got: str) -> None:
        super().__init__(f"{where}: expected {expected}, got {got}", where)


class ForeignOrigin(Refused):
    """A browser asks for a page whose origin `setting` does not name."""

    status = 403

    def __init__(self, setting: str, got: str) -> None:
        super().__init__(f"Origin: expected one that {setting} names, got {quote(got)}")


class NotFound(Refused):
    """No such path, model or version."""

    status = 404


class WrongMethod(Refused):
    """The path exists for another method."""

    status = 405

    def __init__(self, allowed: str, got: str) -> None:
        super().__init__(f"expected the method {allowed}, got {quote(got)}")
        self.header = (b"allow", allowed.encode())


class TooSlow(Refused):
    """The body did not arrive in time."""

    status = 408

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the body did not arrive within {seconds:g} s (setting CREDENCE_BODY_SECONDS)")


class Conflict(Refused):
    """The request contradicts the present state."""

    status = 409


class TooLarge(Refused):
    """More than a request may hold."""

    status = 413

    def __init__(self, fault: str) -> None:
        super().__init__(f"{fault}: send fewer rows, or use `credence score`")


class WrongContentType(Refused):
    """The body is not announced as JSON."""

    status = 415

    def __init__(self, got: str) -> None:
        super().__init__(f"expected the content type application/json, got {quote(got)}")


class WrongEncoding(Refused):
    """The body is compressed (RFC 9110, section 12.5.3: the answer names the encodings that are accepted)."""

    status = 415
    header = (b"accept-encoding", b"identity")

    def __init__(self, got: str) -> None:
        super().__init__(f"Content-Encoding: expected none or identity, got {quote(got)}: send the body uncompressed")


class Unavailable(Refused):
    """The request is valid but cannot be answered now."""

    status = 503


def quote(value: object) -> str:
    """A caller's value for an error message: as JSON, cut to LONGEST_QUOTE characters.

    A whole number has no decimal point: its original form is not known any more, and 2500000 is easier to read than
    2500000.0.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, int) and value.bit_length() > 64:
        return "a whole number beyond 64 bits"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    text = _text(value[: LONGEST_QUOTE + 1]) if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "…"


def _text(value: str) -> str:
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False))
