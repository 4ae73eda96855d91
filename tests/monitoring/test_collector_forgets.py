import time

import pytest


def clients(client) -> list[int | None]:
    return [record["client"] for record in client.get("/v1/records").json()["records"]]


def test_client_is_forgotten(client, post, make_record):
    post(*(make_record(f"segment-{i}", client=i % 2) for i in range(6)))
    assert client.delete("/v1/clients/1/records").json() == {"forgotten": 3}
    assert clients(client) == [0, 0, 0]
    assert client.delete("/v1/clients/1/records").json() == {"forgotten": 0}


def test_forgotten_records_do_not_come_back(client, post, make_record):
    records = [make_record(f"segment-{i}") for i in range(3)]
    post(*records[:2])
    client.delete(f"/v1/clients/{records[0].client}/records")
    assert post(*records) == {"received": 1, "duplicates": 2}
    assert clients(client) == []
    assert client.get("/v1/status").json()["forgotten"] == 3


def test_client_may_apply_again(client, post, make_record):
    post(make_record("segment-0", client=5))
    client.delete("/v1/clients/5/records")
    post(make_record("segment-1", client=5, at=time.time_ns() // 1000 + 1))
    assert clients(client) == [5]


def test_forgotten_frames_count_as_received(client, post):
    assert post("segment-0", "segment-1", segment="segment", answered=2, newest=1) == {"received": 2, "duplicates": 0}
    status = client.get("/v1/status").json()
    assert (status["stored"], status["forgotten"], status["completeness"]) == (0, 2, 1.0)


def test_frame_forgotten_later_erases(client, post, make_record):
    post(make_record("segment-0"), make_record("segment-1"))
    assert post("segment-0", make_record("segment-1")) == {"received": 0, "duplicates": 2}
    assert [record["id"] for record in client.get("/v1/records").json()["records"]] == ["segment-1"]


def test_record_behind_its_forgotten_frame(client, post, make_record):
    post("segment-0")
    assert post(make_record("segment-0")) == {"received": 0, "duplicates": 1}
    assert clients(client) == []


def test_completeness_survives_forgetting(client, post, make_record):
    post(*(make_record(f"segment-{i}") for i in range(3)), segment="segment", answered=3, newest=1)
    client.delete("/v1/clients/100001/records")
    assert client.get("/v1/status").json()["completeness"] == 1.0


@pytest.mark.parametrize("number", ["x", "1.5", str(2**63), "-9223372036854775809"])
def test_other_client_numbers_are_refused(client, number):
    answer = client.delete(f"/v1/clients/{number}/records")
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("client: ")
