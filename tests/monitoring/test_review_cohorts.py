"""Cohorts close when outcomes are known, and are handed on."""

import numpy as np
import pyarrow as pa
import pytest

from training.bundle import Rows


def look(client):
    client.app.state.reviewer.look()
    assert client.app.state.reviewer.condition.problem is None


@pytest.fixture
def answered(client, lender):
    """A closed window of 100 records."""
    answered = lender.answer(100)
    look(client)
    return answered


def read(client, window="1-1"):
    answer = client.get(f"/v1/cohorts/{window}/records")
    assert answer.headers["content-type"] == "application/vnd.apache.arrow.stream"
    return pa.ipc.open_stream(answer.content).read_all()


def accepted(records):
    return [record for record in records if record.probability < record.threshold]


def test_cohort_closes_at_nearly_all_outcomes(client, lender, answered):
    known = accepted(answered)
    few = int(0.94 * len(known))
    lender.tell(known[:few])
    look(client)
    assert client.get("/v1/cohorts").json()["cohorts"] == []
    lender.tell(known)
    look(client)
    (cohort,) = client.get("/v1/cohorts").json()["cohorts"]
    assert (cohort["version"], cohort["number"], cohort["population"]) == ("1", 1, "accepted")
    assert cohort["labelled"] == len(known)
    assert [one["id"] for one in client.get("/v1/verdicts").json()["verdicts"]] == ["1-1-1", "1-1-0"]


def test_closed_cohort_stays_as_it_was(client, lender, answered):
    lender.tell(answered)
    look(client)
    before = client.get("/v1/cohorts").json()
    lender.tell(answered, wrong=True)
    look(client)
    assert client.get("/v1/cohorts").json() == before


def test_explored_applications_are_weighted(client, lender, answered):
    lender.tell(answered)
    refused = next(record for record in answered if record.probability >= record.threshold)
    told = {"outcomes": [{"record": refused.id, "defaulted": True, "explored": 0.05}]}
    assert client.post("/v1/outcomes", json=told).status_code == 200
    look(client)
    (cohort,) = client.get("/v1/cohorts").json()["cohorts"]
    assert (cohort["population"], cohort["explored"]) == ("accepted and explored", 1)
    table = read(client).filter(pa.compute.field("id") == refused.id).to_pylist()
    assert (table[0]["outcome"], table[0]["weight"]) == (True, 20.0)


def test_records_are_rows_of_the_bundle(client, lender, answered):
    table = read(client)
    rows = Rows.from_table(table, lender.bundle.manifest)
    assert np.array_equal(lender.bundle.score(rows).probability, table.column("probability").to_numpy())
    assert table.column("id").to_pylist() == [record.id for record in answered]
    assert table.column("outcome").null_count == table.column("weight").null_count == 100


def test_stream_is_made_of_steps(client, lender, answered, monkeypatch):
    whole = read(client)
    monkeypatch.setattr("monitoring.store.reading._STEP", 30)
    assert read(client).equals(whole)


def test_forgotten_client_is_in_no_stream(client, lender, answered):
    client.delete(f"/v1/clients/{answered[3].client}/records")
    assert answered[3].id not in read(client).column("id").to_pylist()


def test_window_without_records_is_a_stream(client, lender, answered):
    lender.store._retention = 0
    lender.store.expire()
    assert len(read(client)) == 0


def test_unknown_window_is_not_found(client):
    answer = client.get("/v1/cohorts/1-9/records")
    assert (answer.status_code, answer.json()) == (404, {"error": "id: expected that of a closed window, got '1-9'"})
