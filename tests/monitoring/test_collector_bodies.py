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
