"""A proxy that serves nobody and notes what it was asked."""

from __future__ import annotations

import os
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


class Proxy(socketserver.ThreadingTCPServer):
    """Notes the first line of each request, and answers 502."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.asked: list[str] = []
        self.first = threading.Event()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment, with this proxy for all hosts."""
        names = {*VARIABLES, "NO_PROXY"}
        others = {name: value for name, value in os.environ.items() if name.upper() not in names}
        return others | dict.fromkeys(VARIABLES, self.url)


class _Answer(socketserver.StreamRequestHandler):
    server: Proxy

    def handle(self) -> None:
        self.server.asked.append(self.rfile.readline().decode())
        self.server.first.set()
        self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@contextmanager
def running_proxy() -> Iterator[Proxy]:
    """A proxy on this machine for the block."""
    with Proxy() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
