"""How long connections are kept, and how they end."""

from __future__ import annotations

import errno
import http.client
import signal
import socket
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import httpx
import pytest

from serving.process import port
from tests.ports import has_ipv6


def test_idle_connection_outlives_the_time_of_a_body(start: Callable[..., Any]) -> None:
    process = start(body_seconds=0.2)
    process.wait_ready()
    with closing(http.client.HTTPConnection("127.0.0.1", process.port, timeout=30)) as connection:
        connection.request("GET", "/v2/health/live")
        connection.getresponse().read()
        kept = connection.sock
        time.sleep(1)
        connection.request("GET", "/v2/health/live")
        assert connection.getresponse().read()
        assert connection.sock is kept


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_both_families_are_answered(start: Callable[..., Any]) -> None:
    process = start(host="::")
    process.wait_ready()
    assert httpx.get(f"http://127.0.0.1:{process.port}/v2/health/live").json() == {"live": True}
    assert httpx.get(f"http://[::1]:{process.port}/v2/health/live").json() == {"live": True}


def test_machine_without_ipv6_listens_on_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(family: int) -> socket.socket:
        assert family == socket.AF_INET6
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")

    monkeypatch.setattr(port.socket, "socket", without)
    assert port.reachable("::") == "0.0.0.0"
    assert port.reachable("127.0.0.1") == "127.0.0.1"


def test_idle_connection_is_closed_in_the_end(start: Callable[..., Any]) -> None:
    process = start(idle_seconds=1)
    process.wait_ready()
    with socket.create_connection(("127.0.0.1", process.port), timeout=30) as idle:
        assert idle.recv(1) == b""


def test_signal_closes_idle_connections(start: Callable[..., Any]) -> None:
    process = start(idle_seconds=100_000)
    process.wait_ready()
    with socket.create_connection(("127.0.0.1", process.port), timeout=30) as idle:
        process.send_signal(signal.SIGTERM)
        assert idle.recv(1) == b""
        assert process.wait(30) == 0


def test_incomplete_head_does_not_hold_the_end_up(start: Callable[..., Any]) -> None:
    process = start(idle_seconds=100_000, body_seconds=0.2)
    process.wait_ready()
    with socket.create_connection(("127.0.0.1", process.port)) as slow:
        slow.sendall(b"GET /v2 HTTP/1.1\r\nHost:")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
