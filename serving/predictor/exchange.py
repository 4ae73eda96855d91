"""One HTTP exchange over ASGI: a body read within its limits, a response sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from serving.predictor.deadline import Deadline
from serving.protocol.errors import Refused, TooLarge, TooSlow, WrongContentType
from serving.protocol.rest import problem

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

JSON, HTML, PROMETHEUS = b"application/json", b"text/html; charset=utf-8", b"text/plain; version=0.0.4; charset=utf-8"


class Gone(Exception):  # noqa: N818 - nobody is left to be told
    """The caller hung up before its body was whole."""


class Response(msgspec.Struct):
    """A response, before it is sent."""

    body: bytes
    status: int = 200
    content_type: bytes = JSON
    allow: str = ""
    """With status 405: the method that the path has."""


def refusal(refused: Refused) -> Response:
    """A request that is answered with an error."""
    return Response(problem(refused), refused.status, allow=getattr(refused, "allowed", ""))


async def read_json(headers: dict[bytes, bytes], receive: Receive, limit: int, deadline: Deadline) -> bytes:
    """A body announced as JSON, or not announced at all. Raises Refused, or Gone."""
    kind = headers.get(b"content-type", JSON)
    if b"inference-header-content-length" in headers:
        raise Refused("body: binary tensors are not accepted, send `data` as JSON (`binary_data=False`)", "body")
    if kind != JSON and kind.split(b";")[0].strip().lower() != JSON:
        raise WrongContentType(kind.decode("latin-1"))
    if b"content-encoding" in headers:
        raise WrongContentType(headers[b"content-encoding"].decode("latin-1") + " encoding of JSON")
    announced = headers.get(b"content-length", b"0")
    if announced.isdigit() and int(announced[:20]) > limit:
        raise TooLarge(limit)
    try:
        return await deadline.wait(_read(receive, limit))
    except TimeoutError as error:
        raise TooSlow(deadline.seconds) from error


async def _read(receive: Receive, limit: int) -> bytes:
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        body: bytes = message["body"]
        if len(body) > limit:
            raise TooLarge(limit)
        return body
    parts, size = [], 0
    while message["type"] == "http.request":
        parts.append(message["body"])
        size += len(parts[-1])
        if size > limit:
            raise TooLarge(limit)
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()
    raise Gone


async def send(response: Response, request_id: bytes, close: bool, to: Send) -> None:
    """Send a response; `close` asks the caller to take its next request elsewhere."""
    headers = [
        (b"content-type", response.content_type),
        (b"content-length", b"%d" % len(response.body)),
        (b"x-request-id", request_id),
    ]
    if close:
        headers.append((b"connection", b"close"))
    if response.allow:
        headers.append((b"allow", response.allow.encode()))
    await to({"type": "http.response.start", "status": response.status, "headers": headers})
    await to({"type": "http.response.body", "body": response.body})
