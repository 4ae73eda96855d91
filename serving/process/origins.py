"""Whose pages a browser lets call this server (CORS): those of the origins in a setting, and none without it.

An answer depends on no cookie, so it never allows credentials. `*` is refused: whoever can reach the server could then
be used by any page that he visits.
"""

from __future__ import annotations

import re

from serving.process.settings import PREFIX, SettingsError
from serving.protocol.errors import ForeignOrigin

SETTING = f"{PREFIX}ALLOWED_ORIGINS"

Pairs = list[tuple[bytes, bytes]]
"""Headers of an answer."""

_ORIGIN = re.compile(r"(?P<scheme>https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?")
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_VARY = (b"vary", b"origin")
_REMEMBERED = b"600"
"""Seconds that a browser remembers what it may send."""


def parse_origins(setting: str) -> frozenset[str]:
    """The origins in a setting, in the form in which browsers send them. Raises SettingsError."""
    origins = [origin.strip() for origin in setting.split(",") if origin.strip()]
    for origin in origins:
        match = _ORIGIN.fullmatch(origin)
        if not match or match["port"] == _DEFAULT_PORTS[match["scheme"]]:
            expected = "scheme://host or scheme://host:port as browsers send it, separated by commas"
            raise SettingsError(f"allowed_origins ({SETTING}): expected {expected}, got {origin!r}")
    return frozenset(origins)


def is_preflight(method: str, headers: dict[bytes, bytes]) -> bool:
    """Whether a browser asks if a page may send a request."""
    return method == "OPTIONS" and b"origin" in headers and b"access-control-request-method" in headers


class Origins:
    """The headers that tell a browser whose pages may read an answer."""

    def __init__(self, setting: str) -> None:
        self._allowed = frozenset(origin.encode() for origin in parse_origins(setting))

    def headers(self, origin: bytes | None) -> Pairs:
        """The headers of an answer to a request from a page of `origin`; None is a program."""
        if not self._allowed:
            return []
        if origin not in self._allowed or origin is None:
            return [_VARY]
        return [
            _VARY,
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", b"x-request-id"),
        ]

    def preflight(self, headers: dict[bytes, bytes]) -> Pairs:
        """The further headers of the answer to a preflight request. Raises ForeignOrigin."""
        origin = headers[b"origin"]
        if origin not in self._allowed:
            raise ForeignOrigin(SETTING, origin.decode("latin-1"))
        return [
            (b"access-control-allow-methods", b"GET, POST"),
            (b"access-control-allow-headers", headers.get(b"access-control-request-headers", b"")),
            (b"access-control-max-age", _REMEMBERED),
        ]
