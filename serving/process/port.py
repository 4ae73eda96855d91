"""Where a server listens, and the check that its port is free."""

from __future__ import annotations

import errno
import socket

from serving.process.settings import PREFIX, SettingsError

EVERYWHERE = "::"
"""All addresses of this machine, of both families."""


def reachable(host: str) -> str:
    """The address to listen on: EVERYWHERE is that of IPv4 on a machine without IPv6."""
    if host == EVERYWHERE:
        try:
            socket.socket(socket.AF_INET6).close()
        except OSError:
            return "0.0.0.0"  # noqa: S104 - all addresses were asked for
    return host


def claim(host: str, port: int, setting: str) -> None:
    """Raise SettingsError if the port is taken; granian would silently share it and get only half of the calls."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # Without this option, closing connections of an earlier process would count as a listener.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            fault = "is taken" if taken else f"cannot be listened on ({error})"
            option = f"--{setting.replace('_', '-')} or {PREFIX}{setting.upper()}"
            raise SettingsError(f"port {port} of {host} {fault}: stop what listens there, or set {option}") from error
