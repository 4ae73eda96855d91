"""Broken HTTP against a running predictor: an answer that helps, or a closed connection, and never a hang."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import httpx
import pytest

INFER = "/v2/models/credit-default/infer"
LOAD = "/v2/repository/models/credit-default/load"
HEAD = f"POST {INFER} HTTP/1.1\r\nHost: x\r\n".encode()
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
BROKEN = {
    "size": CHUNKED + b"zz\r\n",
    "later size": CHUNKED + b"1\r\n{\r\nzz\r\n}\r\n",
    "negative size": CHUNKED + b"-1\r\n{\r\n",
    "no size": CHUNKED + b"\r\n{\r\n",
    "huge size": CHUNKED + b"f" * 30 + b"\r\n",
    "size too small": CHUNKED + b"1\r\n{longer\r\n0\r\n\r\n",
    "extension": CHUNKED + b"1;a\nb\r\n{\r\n0\r\n\r\n",
    "long extension": CHUNKED + b"1;" + b"a" * 100_000 + b"\r\n{\r\n0\r\n\r\n",
    "trailer": CHUNKED + b"1\r\n{\r\n0\r\nno trailer\r\n\r\n",
    "many trailers": CHUNKED + b"1\r\n{\r\n0\r\n" + b"a: b\r\n" * 2000 + b"\r\n",
}
"""Chunked bodies that are invalid."""
INCOMPLETE = {"error": "body: expected all of it, got a broken chunk or the end of the connection"}


def talk(port: int, parts: Sequence[bytes], pause: float = 0.0, *, ended: bool = False) -> tuple[int, dict[str, Any]]:
    """Send bytes, part by part; status and body of the answer, or 0 if the connection was closed instead."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):
            for part in parts:
                connection.sendall(part)
                time.sleep(pause)
            if ended:
                connection.shutdown(socket.SHUT_WR)
        received = b""
        while b"\r\n\r\n" not in received or not received.rstrip().endswith(b"}"):
            try:
                chunk = connection.recv(65536)
            except ConnectionResetError:
                break
            if not chunk:
                break
            received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    return (int(head.split()[1]), json.loads(body or b"{}")) if head else (0, {})


def post(predictor: Any, content: bytes, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.post(predictor.url + INFER, content=content, headers=named)


def test_slow_body_is_408(predictor: Any) -> None:
    status, body = talk(predictor.port, [HEAD + b"Content-Length: 100\r\n\r\n{"])
    assert status == 408
    assert "did not arrive within 1 s" in body["error"]


def test_dripping_body_is_408(predictor: Any) -> None:
    chunks = [b"1\r\n \r\n"] * 12
    status, _ = talk(predictor.port, [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *chunks], pause=0.1)
    assert status == 408


def test_chunked_body_is_read(predictor: Any) -> None:
    status, body = talk(
        predictor.port, [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n", b"1\r\n}\r\n0\r\n\r\n"], 0.05
    )
    assert status == 400
    assert body["error"].startswith("inputs: expected")


def test_large_body_is_413(predictor: Any) -> None:
    answer = post(predictor, b" " * (8 * 2**20 + 1), content_type="application/json")
    assert answer.status_code == 413
    assert "8388608 bytes" in answer.json()["error"]


def test_announced_size_is_413_at_once(predictor: Any) -> None:
    status, _ = talk(predictor.port, [HEAD + b"Content-Length: 99999999999999999999999999\r\n\r\n"])
    assert status in (413, 400, 0)
    status, _ = talk(predictor.port, [HEAD + b"Content-Length: 9999999999\r\n\r\n"])
    assert status == 413


def test_endless_chunks_are_413(predictor: Any) -> None:
    chunk = b"80000\r\n" + b" " * 0x80000 + b"\r\n"
    status, _ = talk(predictor.port, [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 17])
    assert status in (413, 0)


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("admin", [False, True])
def test_broken_chunks_are_400(predictor: Any, body: bytes, admin: bool) -> None:
    port, path = (predictor.admin_port, LOAD) if admin else (predictor.port, INFER)
    status, answer = talk(port, [HEAD.replace(INFER.encode(), path.encode()) + body])
    # closed with bytes unread, the connection may be reset before the answer is here
    assert (status, answer) in [(400, INCOMPLETE), (0, {})]


@pytest.mark.parametrize("body", [b"Content-Length: 10\r\n\r\n{", CHUNKED + b"5\r\n{"])
def test_body_that_ends_early_is_400(predictor: Any, body: bytes) -> None:
    assert talk(predictor.port, [HEAD + body], ended=True) == (400, INCOMPLETE)


def test_caller_that_hangs_up_is_no_error(predictor: Any) -> None:
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", predictor.port), timeout=20) as connection:
            connection.sendall(HEAD + b"X-Request-Id: hung-up\r\nContent-Length: 10\r\n\r\n{")
    assert httpx.get(f"{predictor.url}/v2/health/ready").status_code == 200
    assert '"level":"error"' not in predictor.stderr.read_text()


@pytest.mark.parametrize(
    "part",
    [
        HEAD + b"Content-Length: 10\r\n\r\n{",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"NONSENSE\r\n\r\n",
        b"GET /v2 HTTP/9.9\r\n\r\n",
        b"GET " + b"/" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_broken_request_leaves_the_rest_alone(predictor: Any, part: bytes) -> None:
    with socket.create_connection(("127.0.0.1", predictor.port), timeout=20) as connection:
        connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(65536)
    assert httpx.get(f"{predictor.url}/v2/health/ready").status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({"origin": "https://example.com"}, 415),
        ({"content_type": "application/json"}, 400),
        ({"content_type": "application/json; charset=utf-8"}, 400),
        ({"content_type": "Application/JSON"}, 400),
        ({"content_type": "text/plain"}, 415),
        ({"content_type": "application/x-www-form-urlencoded"}, 415),
        ({"content_type": "application/octet-stream"}, 415),
        ({"content_type": "application/json", "content_encoding": "identity"}, 400),
        ({"content_type": "application/json", "content_encoding": "gzip"}, 415),
        ({"content_type": "application/json", "inference_header_content_length": "10"}, 400),
    ],
)
def test_content_type_is_heeded(predictor: Any, headers: dict[str, str], status: int) -> None:
    answer = post(predictor, b"{}", **headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["error"]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "x"])
def test_compressed_body_is_called_so(predictor: Any, encoding: str) -> None:
    answer = post(predictor, b"{}", content_type="application/json", content_encoding=encoding)
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")
    assert answer.json()["error"].startswith("Content-Encoding: expected none or identity, got")


def test_head_is_answered_on_an_open_connection(predictor: Any) -> None:
    """A body that follows a HEAD would be taken for the next answer."""
    with httpx.Client(base_url=predictor.url) as client:
        for _ in range(3):
            assert client.head("/v2/health/ready").status_code == 200
            assert client.get("/v2/health/ready").json()["ready"]


@pytest.mark.parametrize(
    "path", ["/%ff%fe", "/v2/models/%ed%a0%80", "/v2/models/..%2f..%2fetc", "/v2/%00", "/v2?x=%ff"]
)
def test_wild_path_is_answered(predictor: Any, path: str) -> None:
    answer = httpx.get(predictor.url + path)
    assert answer.status_code in (200, 400, 404)
    assert answer.json()


def test_values_stay_out_of_the_log(predictor: Any) -> None:
    tensor = {"name": "SECRET_NAME", "shape": [1], "datatype": "BYTES", "data": ["SECRET_VALUE"]}
    content = json.dumps(
        {"inputs": [tensor, {"name": "CODE_GENDER", "shape": [1], "datatype": "FP64", "data": ["S3CRET"]}]}
    )
    answer = post(predictor, content.encode(), x_request_id="spoken-of")
    assert "S3CRET" in answer.json()["error"]
    written = predictor.stderr.read_text()
    assert "S3CRET" not in written
    assert "SECRET" not in written
    (line,) = [json.loads(each) for each in written.splitlines() if "spoken-of" in each]
    assert (
        line.items() >= {"request": "spoken-of", "version": "2", "status": 400, "message": "refused: Invalid"}.items()
    )
