import pytest

from serving.records import CONTENT_TYPE


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'records.sqlite'}"


@pytest.mark.parametrize(
    ("content", "headers", "status", "message"),
    [
        (
            b"",
            {"Content-Type": "application/json"},
            415,
            "Content-Type: expected application/vnd.credence.records, got",
        ),
        (b"", {}, 415, "Content-Type: expected application/vnd.credence.records, got ''"),
        (
            b"x" * 20,
            {"Content-Type": CONTENT_TYPE},
            400,
            "body: expected frames of records, got a torn frame at byte 0",
        ),
        (bytes(1 << 21), {"Content-Type": CONTENT_TYPE}, 413, "body: expected at most 1048576 bytes, got more"),
        (
            b"",
            {"Content-Type": CONTENT_TYPE, "Credence-Segment": "s"},
            400,
            "Credence-Answered: expected a whole number",
        ),
    ],
)
def test_wrong_bodies_are_told(client, content, headers, status, message):
    answer = client.post("/v1/records", content=content, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"].startswith(message)


def test_type_may_have_parameters(client):
    answer = client.post("/v1/records", content=b"", headers={"Content-Type": f"{CONTENT_TYPE.upper()}; version=1"})
    assert answer.json() == {"received": 0, "duplicates": 0}


def test_refused_body_leaves_nothing(client, make_record, body):
    content = body(make_record("a-0")) + b"torn"
    client.post("/v1/records", content=content, headers={"Content-Type": CONTENT_TYPE})
    assert client.get("/v1/status").json()["stored"] == 0


@pytest.mark.parametrize("path", ["/v1/records", "/v1/outcomes"])
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_compressed_body_is_called_so(client, path, encoding):
    kind = CONTENT_TYPE if path == "/v1/records" else "application/json"
    answer = client.post(path, content=b"{}", headers={"Content-Type": kind, "Content-Encoding": encoding})
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")
    assert answer.json() == {"error": f"Content-Encoding: expected none or identity, got '{encoding}'"}


def test_body_that_is_encoded_as_itself_is_taken(client, make_record):
    headers = {"Content-Type": CONTENT_TYPE, "Content-Encoding": "identity"}
    assert client.post("/v1/records", content=b"", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/health/live", "/metrics", "/v1/records", "/review", "/nowhere"])
def test_head_is_get_without_its_body(client, path):
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (get.status_code, b"")
