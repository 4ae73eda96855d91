"""Bodies that are held at once are bounded, however many connections send one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from serving.process.deadline import Deadline
from serving.process.exchange import Room, read_json
from serving.protocol.errors import Refused, TooLarge, Unavailable


def body(*parts: bytes, end: bool = True) -> Callable[[], Any]:
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    if end:
        messages[-1]["more_body"] = False
    messages.append({"type": "http.disconnect"})
    left = iter(messages)

    async def receive() -> Any:
        return next(left)

    return receive


def read(room: Room, receive: Callable[[], Any], limit: int = 10) -> bytes:
    return asyncio.run(read_json({}, receive, limit, Deadline(5), room))


def test_body_takes_its_room() -> None:
    room = Room(10)
    assert read(room, body(b"abc", b"de")) == b"abcde"
    assert room.free == 5


def test_full_room_refuses() -> None:
    room = Room(4)
    with pytest.raises(Unavailable, match="too many large bodies at once"):
        read(room, body(b"abc", b"de"))
    assert room.free == 4


@pytest.mark.parametrize(
    ("receive", "error"), [(body(b"abc", b"d" * 10), TooLarge), (body(b"abc", b"de", end=False), Refused)]
)
def test_failed_body_gives_its_room_back(receive: Callable[[], Any], error: type[Exception]) -> None:
    room = Room(20)
    with pytest.raises(error):
        read(room, receive)
    assert room.free == 20


@pytest.mark.parametrize("content", [b"{}", b" " * 100_000, {"inputs": []}])
def test_answered_request_gives_its_room_back(site: Any, content: Any) -> None:
    free = site.app.room.free
    site.call("POST", "/v2/models/credit-default/infer", content)
    assert site.app.room.free == free


def test_loading_gives_its_room_back(site: Any) -> None:
    free = site.admin.room.free
    answer = site.call("POST", "/v2/repository/models/credit-default/load", {}, admin=True)
    assert answer.status_code == 200
    assert site.admin.room.free == free
