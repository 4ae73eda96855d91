"""The limit: our HTTP server, answering a constant to whatever comes. `python -m tests.bench.echo PORT SIZE`."""

from __future__ import annotations

import asyncio
import sys

from serving.predictor.server import http_server


def answer(size: int):
    """An ASGI application whose every answer has `size` bytes."""
    body = b"." * size
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % size), (b"x-request-id", b"1")]

    async def application(scope, receive, send):
        message = await receive()
        while message.get("more_body"):
            message = await receive()
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return application


if __name__ == "__main__":
    asyncio.run(http_server(answer(int(sys.argv[2])), "127.0.0.1", int(sys.argv[1]), seconds=10).serve())
