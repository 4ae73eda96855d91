"""Where windows end, on both databases and over HTTP."""

import pytest

from tests.monitoring.lender import HOUR


def windows(client, **query):
    return client.get("/v1/windows", params=query).json()["windows"]


def look(client):
    client.app.state.reviewer.look()
    return client.app.state.reviewer.condition.problem


def test_full_windows_close_by_themselves(client, lender):
    lender.answer(230)
    assert look(client) is None
    newest, oldest = windows(client)
    assert (oldest["number"], oldest["rows"], newest["number"], newest["rows"]) == (1, 100, 2, 100)
    assert oldest["until"] < newest["since"]


def test_person_closes_the_open_window(client, lender):
    lender.answer(130)
    verdict = client.post("/v1/reviews").json()
    assert (verdict["id"], verdict["window"], verdict["judgement"]) == ("1-2-0", "1-2", "keep")
    assert "Keep (too few): window 1-2 has 30 applications" in verdict["why"][0]
    assert [one["rows"] for one in windows(client)] == [30, 100]


def test_old_window_closes_before_it_is_full(client, lender):
    lender.now -= 168 * HOUR
    lender.answer(10)
    look(client)
    assert [one["rows"] for one in windows(client)] == [10]


def test_young_window_stays_open(client, lender):
    lender.answer(10)
    look(client)
    assert windows(client) == []


def test_same_time_is_in_one_window(client, lender):
    """Records of one microsecond are told apart by their ids."""
    lender.answer(105)
    with lender.store.database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE records SET at = {lender.now}")
    client.post("/v1/reviews")
    assert [one["rows"] for one in windows(client)] == [5, 100]


def test_late_record_changes_no_figure(client, lender):
    lender.answer(100)
    look(client)
    before = windows(client)
    lender.now -= 500_000
    (late,) = lender.answer(1)
    client.post("/v1/reviews")
    assert windows(client) == before
    records = client.get("/v1/cohorts/1-1/records").content
    assert late.id.encode() in records


def test_incomplete_log_is_waited_for(client, lender, post):
    lender.answer(100)
    post(segment="1s", answered=110, newest=lender.now)
    assert look(client) == "window 1-1 waits: 90.9% of the answered applications have arrived"
    assert windows(client) == []


def test_incomplete_log_is_not_waited_for_forever(client, lender, post):
    lender.now -= 2 * HOUR
    lender.answer(100)
    post(segment="1s", answered=110, newest=lender.now)
    look(client)
    (verdict,) = client.get("/v1/verdicts").json()["verdicts"]
    assert verdict["figures"]["completeness"] == pytest.approx(100 / 110)


def test_person_is_told_of_an_incomplete_log(client, lender, post):
    lender.answer(100)
    post(segment="1s", answered=110, newest=lender.now)
    assert client.post("/v1/reviews").json()["figures"]["completeness"] == pytest.approx(100 / 110)


def test_lists_come_in_pages(client, lender):
    for _ in range(3):
        lender.answer(1)
        client.post("/v1/reviews")
    page = client.get("/v1/windows", params={"limit": 2, "version": "1"}).json()
    assert [one["number"] for one in page["windows"]] == [3, 2]
    behind = client.get(page["next"]).json()
    assert ([one["number"] for one in behind["windows"]], behind["next"]) == ([1], None)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=0", "limit: expected greater than or equal to 1, got '0'"),
        ("cursor=x", "cursor: expected one from a `next` link, got 'x'"),
        ("vers=1", "vers: expected one of cursor, limit, version, got an unknown parameter"),
    ],
)
def test_wrong_parameters_are_named(client, query, message):
    for name in ("windows", "cohorts", "verdicts"):
        answer = client.get(f"/v1/{name}?{query}")
        assert (answer.status_code, answer.json()) == (400, {"error": message})


def test_person_leaves_what_arrives_meanwhile(client, lender, monkeypatch):
    """Closing takes a while; what is answered then makes no window of its own."""
    add_window = client.app.state.reviewer.archive.add_window

    def busy(*closed):
        lender.answer(1)
        add_window(*closed)

    monkeypatch.setattr(client.app.state.reviewer.archive, "add_window", busy)
    lender.answer(30)
    assert client.post("/v1/reviews").json()["window"] == "1-1"
    assert [one["rows"] for one in windows(client)] == [30]
