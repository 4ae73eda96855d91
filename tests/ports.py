"""Ports for what tests start."""

from __future__ import annotations

import contextlib
import secrets
import socket

_FIRST, _COUNT = 20_000, 12_000
"""Below those that Linux gives to outgoing connections: one of these would take the port before its server does."""
_given: set[int] = set()


def unused_port() -> int:
    """A port of 127.0.0.1 that nothing listens on; never the same twice."""
    while True:
        port = _FIRST + secrets.randbelow(_COUNT)
        if port not in _given:
            _given.add(port)
            with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
                return port


def has_ipv6() -> bool:
    """Whether this machine has a loopback address of IPv6."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
