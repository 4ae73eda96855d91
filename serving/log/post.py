"""The HTTP request that ships records, as bytes, and the parsing of its response."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from serving.records import ANSWERED_HEADER, CONTENT_TYPE, NEWEST_HEADER, SEGMENT_HEADER, SegmentReport


class Target(NamedTuple):
    """The address of the monitor."""

    host: str
    port: int
    tls: bool
    path: str
    name: str
    """The URL without user and password."""


class PostReply(NamedTuple):
    """The monitor's response."""

    status: int
    """0 if the bytes are not an HTTP response."""
    text: str


def target(url: str) -> Target:
    """The address for records of the monitor at `url`. Raises ValueError unless it is http or https with a host."""
    parts = urlsplit(url)
    plain = url.isascii() and url.isprintable() and " " not in url
    if not plain or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"the monitor's URL must be http://HOST[:PORT][/PATH] or https://…, got {url!r}")
    tls = parts.scheme == "https"
    parts.hostname.encode("idna")  # a connection would raise the same error later, for example if a label is too long
    port = parts.port or (443 if tls else 80)
    path = parts.path.rstrip("/") + "/v1/records"
    return Target(parts.hostname, port, tls, path, f"{parts.scheme}://{parts.hostname}:{port}{path}")


def head(to: Target, token: str, report: SegmentReport, length: int) -> bytes:
    """The head of a request with a body of `length` bytes; an empty token is left out."""
    host = f"[{to.host}]" if ":" in to.host else to.host
    lines = (
        f"POST {to.path} HTTP/1.1",
        f"Host: {host}:{to.port}",
        "Connection: close",
        f"Content-Type: {CONTENT_TYPE}",
        f"Content-Length: {length}",
        f"{SEGMENT_HEADER}: {report.segment}",
        f"{ANSWERED_HEADER}: {report.answered}",
        f"{NEWEST_HEADER}: {report.newest}",
        *((f"Authorization: Bearer {token}",) if token else ()),
    )
    return "\r\n".join((*lines, "", "")).encode("ascii")


def parse(answer: bytes) -> PostReply:
    """Status and text of a response that may be cut."""
    start, _, text = answer.partition(b"\r\n\r\n")
    words = start.split(b"\r\n", 1)[0].split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        return PostReply(0, "not an HTTP answer" if answer else "the connection was closed without an answer")
    return PostReply(int(words[1]), text.decode("utf-8", "replace"))
