import pytest

from serving.log.post import PostReply, head, parse, target
from serving.records import SegmentReport


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://monitor:8090", ("monitor", 8090, False, "/v1/records")),
        ("http://monitor", ("monitor", 80, False, "/v1/records")),
        ("https://monitor/credence/", ("monitor", 443, True, "/credence/v1/records")),
        ("http://[::1]:8090", ("::1", 8090, False, "/v1/records")),
    ],
)
def test_url_names_a_target(url, expected):
    assert target(url)[:4] == expected


OTHERS = [
    "",
    "monitor:8090",
    "ftp://monitor",
    "http://",
    "http://monitor:port",
    "http://m/a b",
    "http://m/é",
    "http://" + "x" * 64,
]


@pytest.mark.parametrize("url", OTHERS)
def test_other_urls_are_refused(url):
    with pytest.raises(ValueError):
        target(url)


def test_name_hides_the_password():
    assert target("http://user:secret@monitor:8090").name == "http://monitor:8090/v1/records"


def test_head_says_what_segment_holds():
    lines = head(target("http://[::1]:8090"), "", SegmentReport("s", 7, 1234), 99).decode().split("\r\n")
    assert lines[:2] == ["POST /v1/records HTTP/1.1", "Host: [::1]:8090"]
    assert {"Content-Length: 99", "Credence-Segment: s", "Credence-Answered: 7", "Credence-Newest: 1234"} <= set(lines)
    assert not any(line.startswith("Authorization") for line in lines)
    assert lines[-2:] == ["", ""]


def test_head_says_the_token():
    assert b"\r\nAuthorization: Bearer geheim\r\n\r\n" in head(
        target("http://monitor"), "geheim", SegmentReport("s", 7, 1234), 99
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nfine", PostReply(200, "fine")),
        (b"HTTP/1.0 503\r\n\r\n", PostReply(503, "")),
        (b"HTTP/1.1 400 Bad\r\n", PostReply(400, "")),
        (b"", PostReply(0, "the connection was closed without an answer")),
        (b"SSH-2.0-OpenSSH_9.2\r\n", PostReply(0, "not an HTTP answer")),
        (b"HTTP/1.1 \xff\xfe x\r\n\r\n", PostReply(0, "not an HTTP answer")),
    ],
)
def test_answer_is_read(content, expected):
    assert parse(content) == expected
