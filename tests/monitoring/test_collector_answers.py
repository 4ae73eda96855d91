import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

NOW = time.time_ns() // 1000 // 1_000_000 * 1_000_000


@pytest.fixture
def filled(client, post, make_record):
    post(
        make_record("a-0", at=NOW - 3_000_000, version="2", decision="refuse", client=1),
        make_record("a-1", at=NOW - 2_000_000, client=2, history_status="none"),
        make_record("a-2", at=NOW - 1_000_000, client=None, request="request-2"),
        make_record("a-3", at=NOW - 1_000_000, client=2),
    )
    return client


def ids(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [record["id"] for record in answer.json()["records"]]


def iso(seconds_ago: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW / 1e6 - seconds_ago))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["a-3", "a-2", "a-1", "a-0"]),
        ({"version": "2"}, ["a-0"]),
        ({"decision": "accepte"}, ["a-3", "a-2", "a-1"]),
        ({"client": 2}, ["a-3", "a-1"]),
        ({"request": "request-2"}, ["a-2"]),
        ({"id": "a-1"}, ["a-1"]),
        ({"history_status": "none"}, ["a-1"]),
        ({"since": iso(2)}, ["a-3", "a-2", "a-1"]),
        ({"until": iso(2)}, ["a-0"]),
        ({"since": iso(2), "until": iso(1)}, ["a-1"]),
        ({"since": iso(2).removesuffix("Z")}, ["a-3", "a-2", "a-1"]),
        ({"client": 2, "decision": "refuse"}, []),
        ({"limit": 2}, ["a-3", "a-2"]),
    ],
)
def test_filters(filled, query, expected):
    assert ids(filled.get("/v1/records", params=query)) == expected


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_pages_follow_one_another(filled, limit):
    found, path = [], f"/v1/records?limit={limit}&decision=accepte&since={iso(9)}"
    while path:
        answer = filled.get(path)
        found += ids(answer)
        path = answer.json()["next"]
    assert found == ["a-3", "a-2", "a-1"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=0", "limit: expected"),
        ("limit=1001", "limit: expected"),
        ("limit=x", "limit: "),
        ("since=yesterday", "since: "),
        ("history_status=lost", "history_status: expected 'found', 'none', 'not asked' or 'stale', got 'lost'"),
        ("client=1e400", "client: "),
        ("client=99999999999999999999", "client: expected"),
        ("cursor=x", "cursor: expected one from a `next` link, got 'x'"),
        ("cursor=1:", "cursor: expected"),
        ("cursor=--1:a", "cursor: expected"),
        ("cursor=²:a", "cursor: expected"),
        ("verison=2", "verison: expected one of "),
        ("version=2&version=3", "version: expected once, got 2 times"),
        ("fields=perhaps", "fields: "),
    ],
)
def test_wrong_queries_are_told(filled, query, message):
    answer = filled.get(f"/v1/records?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(message)


@pytest.mark.parametrize("query", ["id=%00", "request=%00", "version=%ff", "decision=%ed%a0%80"])
def test_odd_text_finds_nothing(filled, query):
    assert filled.get(f"/v1/records?{query}").status_code in (200, 400)


def test_values_are_told_by_name(filled):
    record = filled.get("/v1/records/a-0").json()
    assert record["numeric"] == {"AMT_CREDIT": 1000.0, "EXT_SOURCE_2": None}
    assert record["categorical"] == {"CODE_GENDER": "F"}
    assert record["history"] == {"bureau_count": 2.0}
    assert record["warnings"] == ["CODE_GENDER: unseen"]
    assert record["at"] == iso(3).replace("Z", "+00:00")
    assert filled.get("/v1/records?fields=true&id=a-0").json()["records"] == [record]


def test_values_are_told_when_asked(filled):
    record = filled.get("/v1/records?id=a-0").json()["records"][0]
    assert record.keys().isdisjoint({"numeric", "categorical", "history"})


def test_unknown_record_is_not_found(filled):
    answer = filled.get("/v1/records/b-0")
    assert answer.status_code == 404
    assert "'b-0'" in answer.json()["error"]


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v2", 404), ("PUT", "/v1/records", 405)])
def test_unknown_paths_are_told(client, method, path, status):
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.json()["error"].startswith(f"{method} {path}: ")


def test_status_counts_versions(filled):
    status = filled.get("/v1/status").json()
    assert status["versions"] == {"2": 1, "3": 3}
    assert (status["stored"], status["received"], status["duplicates"], status["expired"]) == (4, 4, 0, 0)
    assert status["oldest"] == iso(3).replace("Z", "+00:00")


def test_empty_store_is_complete(client):
    status = client.get("/v1/status").json()
    assert (status["completeness"], status["oldest"], status["versions"]) == (1.0, None, {})
    assert client.get("/v1/records").json() == {"records": [], "next": None}


def test_metrics_tell_the_same(filled):
    families = text_string_to_metric_families(filled.get("/metrics").text)
    told = {(s.name, s.labels.get("version")): s.value for family in families for s in family.samples}
    assert told["credence_records_received_total", None] == 4
    assert told["credence_records_completeness", None] == 1
    assert told["credence_records_stored", "3"] == 3


def test_health(client):
    assert client.get("/health/live").json() == {"live": True}
    assert client.get("/health/ready").json() == {"ready": True}
    assert client.get("/docs").status_code == 200
