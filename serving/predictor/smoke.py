"""Smoke tests: a request with the right token is answered without a record."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from serving.protocol.errors import Refused


class WrongToken(Refused):
    """A smoke test with a wrong token. It is refused, because its record would look like a real customer."""

    status = 401


def is_smoke(headers: Mapping[bytes, bytes], token: bytes) -> bool:
    """Whether a request is a smoke test. Raises WrongToken."""
    sent = headers.get(b"credence-smoke")
    if sent is None:
        return False
    if not hmac.compare_digest(sent, token):
        raise WrongToken("Credence-Smoke: expected the token of CREDENCE_SMOKE_TOKEN, got another text")
    return True
