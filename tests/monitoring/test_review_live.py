"""Which version is judged, and what is said where it cannot be."""

from tests.monitoring.lender import HOUR, Lender


def test_latest_records_say_what_is_live(client, lender):
    lender.answer(1)
    assert client.post("/v1/reviews").json()["version"] == "1"


def test_told_version_is_live_before_it_answers(client, lender):
    lender.answer(1)
    assert client.put("/v1/live", json={"version": "2"}).json() == {"version": "2"}
    verdict = client.post("/v1/reviews").json()
    assert (verdict["version"], verdict["window"], verdict["judgement"]) == ("2", None, "keep")


def test_old_version_is_followed_on(client, lender, toy_bundle):
    lender.now -= HOUR
    lender.tell(lender.answer(100))
    Lender(lender.store, toy_bundle, "2").answer(1)
    client.app.state.reviewer.look()
    (cohort,) = client.get("/v1/cohorts").json()["cohorts"]
    assert cohort["version"] == "1"
    assert client.get("/v1/verdicts").json()["verdicts"] == []


def test_nothing_live_is_said(client):
    answer = client.post("/v1/reviews")
    assert (answer.status_code, answer.json()["error"]) == (
        409,
        "version: expected one that is live, got no record and no PUT /v1/live yet",
    )


def test_missing_bundle_is_said(client, lender, toy_bundle):
    Lender(lender.store, toy_bundle, "7").answer(100)
    assert "version 7: expected its bundle in" in client.post("/v1/reviews").json()["error"]
    client.app.state.reviewer.look()
    review = client.get("/v1/status").json()["review"]
    assert review["live"] == "7"
    assert "got no such folder; CREDENCE_MONITOR_MODELS says where bundles are" in review["problem"]
    assert "credence_review_problem 1.0" in client.get("/metrics").text


def test_version_is_no_way_out_of_the_folder(client):
    client.put("/v1/live", json={"version": "../models/1"})
    assert client.post("/v1/reviews").status_code == 409


def test_wrong_versions_are_refused(client):
    for body in ({"version": ""}, {"version": "\x00"}, {"version": 1}, {}, {"version": "1", "at": 5}):
        assert client.put("/v1/live", json=body).status_code == 400


def test_same_facts_are_one_verdict(client, lender):
    lender.answer(100)
    assert client.post("/v1/reviews").json() == client.post("/v1/reviews").json()
    assert len(client.get("/v1/verdicts").json()["verdicts"]) == 1


def test_figures_are_metrics(client, lender):
    lender.tell(lender.answer(100))
    client.app.state.reviewer.look()
    text = client.get("/metrics").text
    assert 'credence_verdict{judgement="keep",version="1"} 1.0' in text
    assert 'credence_drift_psi{column="AMT_CREDIT"}' in text
    assert 'credence_cohort_defaults{version="1"}' in text
    assert 'credence_retrainings{state="nothing to start"} 1.0' in text
    assert 'credence_live{version="1"} 1.0' in text
    assert 'credence_window_probability{quantile="0.5"} 0.' in text
    assert "credence_verdict_timestamp_seconds" in text


def test_actions_are_noted(client, lender):
    lender.answer(1)
    verdict = client.post("/v1/reviews").json()["id"]
    done = {"what": "promoted", "version": "2", "run": "http://127.0.0.1/runs/1", "waits": False}
    noted = client.post(f"/v1/verdicts/{verdict}/actions", json=done).json()
    assert noted == done | {"at": noted["at"], "kind": "noted"}
    assert client.get(f"/v1/verdicts/{verdict}").json()["actions"] == [noted]
    assert client.post(f"/v1/verdicts/{verdict}/actions", json={"what": 5}).status_code == 400


def test_unknown_verdict_is_not_found(client):
    for answer in (client.get("/v1/verdicts/x"), client.post("/v1/verdicts/x/actions", json={"what": "nothing"})):
        assert (answer.status_code, answer.json()) == (404, {"error": "id: expected that of a verdict, got 'x'"})


def test_long_version_has_no_bundle(client, lender, toy_bundle):
    client.put("/v1/live", json={"version": "9" * 300})
    answer = client.post("/v1/reviews")
    assert (answer.status_code, "expected its bundle in" in answer.json()["error"]) == (409, True)


def test_broken_old_version_holds_nothing_up(client, lender, toy_bundle, monkeypatch):
    old = Lender(lender.store, toy_bundle, "0")
    old.now -= HOUR
    old.answer(100)
    lender.answer(100)
    reviewer = client.app.state.reviewer
    reference = reviewer._models.reference
    monkeypatch.setattr(reviewer._models, "reference", lambda version: {"1": reference}[version](version))
    reviewer.look()
    assert reviewer.condition.problem == "version 0: the review failed: KeyError; the log says where"
    assert [one["id"] for one in client.get("/v1/verdicts").json()["verdicts"]] == ["1-1-0"]


def test_bundle_is_read_where_something_closes(client, lender, toy_bundle, monkeypatch):
    """Reading one takes seconds, and old versions' outcomes come in day after day."""
    lender.now -= HOUR
    answered = lender.answer(100)
    Lender(lender.store, toy_bundle, "2").answer(1)
    reviewer = client.app.state.reviewer
    reviewer.look()
    monkeypatch.setattr(reviewer._models, "reference", None)
    lender.tell(answered[:50])
    reviewer.look()
    assert reviewer.condition.problem is None


def test_lost_word_of_a_promotion_is_noticed(client, lender, toy_bundle):
    """A monitor that was away while version 2 went live learns it from what it answers."""
    client.put("/v1/live", json={"version": "1"})
    other = Lender(lender.store, toy_bundle, "2")
    other.now += HOUR // 4
    other.answer(1)
    assert client.app.state.reviewer.archive.live() == "1"
    other.now += HOUR // 4
    other.answer(1)
    assert client.app.state.reviewer.archive.live() == "2"


def test_answering_version_is_no_news(client, lender, toy_bundle):
    archive = client.app.state.reviewer.archive
    lender.answer(1)
    client.put("/v1/live", json={"version": "1"})
    assert archive.live_since() == 0
    client.put("/v1/live", json={"version": "2"})
    since = archive.live_since()
    assert since > lender.now
    client.put("/v1/live", json={"version": "2"})
    assert archive.live_since() == since


def test_version_that_came_back_starts_afresh(client, lender):
    lender.answer(100)
    client.put("/v1/live", json={"version": "1"})
    assert client.post("/v1/reviews").json()["id"] == "1-1-0"
    for version in ("2", "1"):
        client.put("/v1/live", json={"version": version})
    client.app.state.reviewer.look()
    verdict = client.post("/v1/reviews").json()
    assert (verdict["id"], verdict["window"]) == ("1-0-0", None)
    lender.now += HOUR
    lender.answer(100)
    assert client.post("/v1/reviews").json()["id"] == "1-2-0"
