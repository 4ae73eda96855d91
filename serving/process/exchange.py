"""One HTTP exchange over ASGI: reading a body within limits, and sending a response."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

import msgspec

from serving.process.deadline import Deadline
from serving.protocol.errors import Refused, TooLarge, TooSlow, Unavailable, WrongContentType, WrongEncoding
from serving.protocol.rest import problem

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

JSON, HTML, PROMETHEUS = b"application/json", b"text/html; charset=utf-8", b"text/plain; version=0.0.4; charset=utf-8"


class Room:
    """The memory for all bodies together in bytes; a request that needs more is refused."""

    def __init__(self, size: int) -> None:
        self.free = size

    def take(self, size: int) -> None:
        """Reserve `size` bytes. Raises Unavailable and reserves nothing if fewer are free."""
        if size > self.free:
            raise Unavailable("too many large bodies at once: try again in a moment")
        self.free -= size

    def give(self, size: int) -> None:
        """Release reserved bytes."""
        self.free += size


class Response(msgspec.Struct):
    """A response before it is sent."""

    body: bytes
    status: int = 200
    content_type: bytes = JSON
    headers: Sequence[tuple[bytes, bytes]] = ()
    """Further headers, as an error or a browser asks for them."""


def refusal(refused: Refused) -> Response:
    """The response for a refused request."""
    return Response(problem(refused), refused.status, headers=[refused.header] if refused.header else ())


async def read_json(headers: dict[bytes, bytes], receive: Receive, limit: int, deadline: Deadline, room: Room) -> bytes:
    """Read a body with the content type JSON or without one; its bytes stay reserved in `room` for the caller.

    Raises Refused.
    """
    # A browser sends a page's body without a type to any server and does not ask before. Programs have no origin.
    kind = headers.get(b"content-type", b"" if b"origin" in headers else JSON)
    if b"inference-header-content-length" in headers:
        raise Refused("body: binary tensors are not accepted, send `data` as JSON (`binary_data=False`)", "body")
    if kind != JSON and kind.split(b";")[0].strip().lower() != JSON:
        raise WrongContentType(kind.decode("latin-1"))
    encoding = headers.get(b"content-encoding")
    if encoding is not None and encoding.strip().lower() not in (b"", b"identity"):
        raise WrongEncoding(encoding.decode("latin-1"))
    announced = headers.get(b"content-length", b"0")
    if announced.isdigit() and int(announced[:20]) > limit:
        raise _too_large(limit)
    try:
        return await deadline.wait(_read(receive, limit, room))
    except TimeoutError as error:
        raise TooSlow(deadline.seconds) from error


async def _read(receive: Receive, limit: int, room: Room) -> bytes:
    parts: list[bytes] = []
    try:
        await _collect(receive, limit, room, parts)
    except BaseException:
        room.give(sum(map(len, parts)))
        raise
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def _collect(receive: Receive, limit: int, room: Room, parts: list[bytes]) -> None:
    size = 0
    while (message := await receive())["type"] == "http.request":
        part: bytes = message["body"]
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        room.take(len(part))
        parts.append(part)
        if not message.get("more_body"):
            return
    # A broken body looks like a closed connection. Without this answer, granian would answer 500 to an open one.
    raise Refused("body: expected all of it, got a broken chunk or the end of the connection", "body")


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body is larger than {limit} bytes")


async def send(response: Response, request_id: bytes, close: bool, to: Send, *, head: bool = False) -> None:
    """Send a response, or its head alone; `close` asks the caller to send its next request over a new connection."""
    headers = [
        (b"content-type", response.content_type),
        (b"content-length", b"%d" % len(response.body)),
        (b"x-request-id", request_id),
    ]
    if close:
        headers.append((b"connection", b"close"))
    headers += response.headers
    await to({"type": "http.response.start", "status": response.status, "headers": headers})
    await to({"type": "http.response.body", "body": b"" if head else response.body})
