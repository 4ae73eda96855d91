"""Shared by the routes: access to the store and the reviewer, checks of parameters and bodies, JSON answers."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
from fastapi import Depends, Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitoring.errors import ContentTypeError, EncodingError, RequestError, SlowError, TooLargeError
from monitoring.review import Reviewer
from monitoring.store.records import Store

_PATIENCE = 30.0
"""Seconds in which a body must arrive."""


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


def _reviewer(request: Request) -> Reviewer:
    reviewer: Reviewer = request.app.state.reviewer
    return reviewer


StoreOf = Annotated[Store, Depends(_store)]
ReviewerOf = Annotated[Reviewer, Depends(_reviewer)]


def check_names(request: Request, known: set[str]) -> None:
    """Raises RequestError for a parameter that is unknown or repeated."""
    given = [name for name, _ in request.query_params.multi_items()]
    for name in given:
        if name not in known:
            raise RequestError(f"{name}: expected one of {', '.join(sorted(known))}, got an unknown parameter")
        if given.count(name) > 1:
            raise RequestError(f"{name}: expected once, got {given.count(name)} times")


async def read_body(request: Request, expected: str) -> bytes:
    """The whole body. Raises RequestError if it has another type, is too large, or does not arrive."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != expected:
        raise ContentTypeError(f"Content-Type: expected {expected}, got {kind!r}")
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity"):
        raise EncodingError(f"Content-Encoding: expected none or identity, got {encoding!r}")
    most: int = request.app.state.max_body
    content = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE):
            while True:
                message = await request.receive()
                content += message.get("body", b"")
                if len(content) > most:
                    raise TooLargeError(f"body: expected at most {most} bytes, got more")
                if message["type"] == "http.disconnect":
                    raise RequestError("body: expected all of it, got a closed connection")
                if not message.get("more_body"):
                    return bytes(content)
    except TimeoutError as error:
        raise SlowError(f"body: expected it within {_PATIENCE:.0f} seconds, got {len(content)} bytes") from error


class HeadAsGet:
    """Answers HEAD as GET without its body, as load balancers probe; FastAPI has a route for each method alone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self.app({**scope, "method": "GET"}, receive, send_head)


def answer(content: object, status_code: int = 200) -> Response:
    """A response with the content as JSON."""
    return Response(msgspec.json.encode(content), status_code, media_type="application/json")
