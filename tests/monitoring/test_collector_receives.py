import threading
import time

import pytest

from monitoring.errors import RequestError
from monitoring.intake.frames import parse
from serving.records import SegmentReport

DAY = 86_400_000_000


def test_records_are_stored_once(client, post, make_record):
    records = [make_record(f"segment-{i}") for i in range(3)]
    assert post(*records) == {"received": 3, "duplicates": 0}
    assert post(*records, make_record("segment-3")) == {"received": 1, "duplicates": 3}
    assert len(client.get("/v1/records").json()["records"]) == 4


def test_record_twice_in_a_batch(client, post, make_record):
    assert post(make_record(), make_record()) == {"received": 1, "duplicates": 1}
    assert client.get("/v1/status").json()["stored"] == 1


def test_first_of_two_stays(client, post, make_record):
    post(make_record(decision="accepte"))
    post(make_record(decision="refuse"))
    assert client.get("/v1/records/segment-0").json()["decision"] == "accepte"


def test_large_batch_is_one_transaction(make_store, make_record, body):
    records = [make_record(f"segment-{i}") for i in range(2500)]
    store = make_store()
    with pytest.raises(RequestError, match="record bad: schema: expected one that was sent before, got 'unknown'"):
        store.ingest(parse(body(*records, make_record("bad", schema="unknown"))), None)
    assert store.status().stored == 0
    assert store.ingest(parse(body(*records)), None) == (2500, 0)


def test_same_batch_from_many_at_once(make_store, make_record, body):
    store, other = make_store(), make_store()
    batch = parse(body(*(make_record(f"segment-{i}") for i in range(200))))
    store.database.prepare()
    receipts = []
    threads = [
        threading.Thread(target=lambda s=s: receipts.append(s.ingest(batch, SegmentReport("segment", 200, 1))))
        for s in (store, other) * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(received for received, _ in receipts) == [0] * 7 + [200]
    account = store.status().account
    assert (account.answered, account.received, account.duplicates) == (200, 200, 1400)


def test_report_alone_is_taken(client, post):
    post(segment="one", answered=5, newest=1_000_000)
    post(segment="one", answered=9, newest=3_000_000)
    post(segment="one", answered=7, newest=2_000_000)
    status = client.get("/v1/status").json()
    assert (status["answered"], status["received"], status["missing"]) == (9, 0, 9)
    assert (status["completeness"], status["lag_seconds"]) == (0.0, 2.0)


def test_completeness_counts_what_came(client, post, make_record):
    now = time.time_ns() // 1000
    post(make_record(at=now - 5_000_000), segment="segment", answered=4, newest=now)
    status = client.get("/v1/status").json()
    assert (status["missing"], status["completeness"], status["lag_seconds"]) == (3, 0.25, 5.0)
    post(*(make_record(f"segment-{i}", at=now) for i in range(4)), segment="segment", answered=4, newest=now)
    status = client.get("/v1/status").json()
    assert (status["missing"], status["completeness"], status["lag_seconds"]) == (0, 1.0, 0.0)


def test_batch_without_report_counts_by_id(client, post, make_record):
    post(segment="segment", answered=2, newest=1)
    post(make_record("segment-0"), make_record("other-0"))
    status = client.get("/v1/status").json()
    assert (status["answered"], status["received"], status["missing"]) == (3, 2, 1)


def test_old_records_are_counted_and_left(client, post, make_record):
    old = make_record(at=time.time_ns() // 1000 - 31 * DAY)
    assert post(old, segment="segment", answered=1, newest=old.at) == {"received": 1, "duplicates": 0}
    status = client.get("/v1/status").json()
    assert (status["stored"], status["completeness"]) == (0, 1.0)


def test_retention_keeps_completeness(make_store, make_record, body):
    now = time.time_ns() // 1000
    records = [make_record(f"segment-{i}", at=now - i * DAY) for i in range(10)]
    make_store().ingest(parse(body(*records)), SegmentReport("segment", 10, now))
    store = make_store(retention_days=4.5)
    assert store.expire() == 5
    status = store.status()
    assert (status.stored, status.expired, status.account.share) == (5, 5, 1.0)


def test_format_of_another_time_is_refused(make_store):
    from sqlalchemy import update

    from monitoring.errors import StoreError
    from monitoring.store.tables import facts

    store = make_store()
    store.database.prepare()
    with store.database.engine.begin() as connection:
        connection.execute(update(facts).values(value=99))
    with pytest.raises(StoreError, match="the database has format 99, this Credence reads format 4"):
        make_store().status()
