"""Requests and answers as a page writes them down, and how two answers are compared.

Each answer was once a predictor's. What differs each time is compared by its form alone: `timestamp`, `latency_ms`,
`record_ids` and an id that the predictor gave. Floats may differ in their seventh decimal, because
another processor may train another last bit.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import httpx

from tests.docs.pages import Block

ADMIN = "127.0.0.1:8079"
MONITOR = "127.0.0.1:8090"
WIDTH = 110

_FORMS = {
    "timestamp": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00"),
    "record_ids": re.compile(r"[0-9a-f]{20}-\d+(,[0-9a-f]{20}-\d+)*"),
    "id": re.compile(r"[0-9a-f]{12}-\d+"),
    "x-request-id": re.compile(r"[0-9a-f]{12}-\d+"),
}


class Predictor(NamedTuple):
    """Where a running predictor listens, and the monitor beside it."""

    url: str
    admin_url: str
    monitor_url: str


@dataclass(frozen=True)
class Message:
    """A request or an answer: first line, headers by lower-case name, body."""

    first: str
    headers: dict[str, str]
    body: str


def parse(content: str) -> Message:
    """An `http` block as a message."""
    head, _, body = content.partition("\n\n")
    first, *lines = head.strip().splitlines()
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Message(first, headers, body.strip())


def pairs(blocks: list[Block]) -> list[tuple[Message, Block]]:
    """Each request with the block of its answer."""
    exchanges = [block for block in blocks if block.language == "http"]
    return [(parse(one.content), other) for one, other in zip(exchanges[::2], exchanges[1::2], strict=True)]


def ask(request: Message, predictor: Predictor) -> httpx.Response:
    """Send a request of a page; one to port 8079 goes to the admin port, one to 8090 to the monitor."""
    method, path = request.first.split()
    others = {ADMIN: predictor.admin_url, MONITOR: predictor.monitor_url}
    base = others.get(request.headers.get("host", ""), predictor.url)
    headers = {name: value for name, value in request.headers.items() if name != "host"}
    return httpx.request(method, base + path, headers=headers, content=request.body.encode(), timeout=60)


def shown(response: httpx.Response, names: list[str]) -> str:
    """An answer as a page shows it, with the headers it names."""
    headers = [f"{name}: {response.headers[name]}" for name in names]
    first = f"HTTP/1.1 {response.status_code} {response.reason_phrase}"
    return "\n".join([first, *headers, "", pretty(response.json()), ""])


def normal(content: str) -> tuple[str, dict[str, Any], Any]:
    """An answer with what differs each time replaced by its form."""
    answer = parse(content)
    return answer.first, _normal(answer.headers), _normal(json.loads(answer.body))


def pretty(value: Any, indent: int = 0) -> str:
    """JSON on one line where that is short, else one member a line."""
    line = json.dumps(value, ensure_ascii=False)
    if indent + len(line) <= WIDTH or not isinstance(value, dict | list) or not value:
        return line
    space = " " * (indent + 2)
    if isinstance(value, dict):
        parts = [f"{json.dumps(name)}: {pretty(part, indent + 2)}" for name, part in value.items()]
    else:
        parts = [pretty(part, indent + 2) for part in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return opening + "\n" + ",\n".join(space + part for part in parts) + "\n" + " " * indent + closing


def _normal(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _normal(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_normal(part, name) for part in value]
    if name == "latency_ms" and isinstance(value, float):
        return "a number"
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, str) and value.startswith("{"):
        return _normal(json.loads(value))  # an explanation
    if name in _FORMS and isinstance(value, str) and _FORMS[name].fullmatch(value):
        return _FORMS[name].pattern
    return value
