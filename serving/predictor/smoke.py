"""Smoke tests: who knows the token is answered without a record."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from serving.protocol.errors import Refused


class WrongToken(Refused):
    """A smoke test that does not know the token; recorded, it would be a customer that never was."""

    status = 401


def is_smoke(headers: Mapping[bytes, bytes], token: bytes) -> bool:
    """Whether a request is a smoke test. Raises WrongToken."""
    given = headers.get(b"credence-smoke")
    if given is None:
        return False
    if not hmac.compare_digest(given, token):
        raise WrongToken("Credence-Smoke: expected the token of CREDENCE_SMOKE_TOKEN, got another text")
    return True
