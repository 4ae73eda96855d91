from datetime import UTC, datetime, timedelta

import pytest

from monitoring.retraining.prefect import _planned
from monitoring.verdict.retraining import Delivery, PrefectRun, first_state, followed, held_up, superseded

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
WAITING = Delivery("1-2-0", "1", "retrain", "waiting", "", 0, None)
RUN = PrefectRun("some-id", "blue-fox", "RUNNING", None)


@pytest.mark.parametrize(
    ("judgement", "state"),
    [("keep", "nothing to start"), ("watch", "nothing to start"), ("recalibrate", "waiting"), ("retrain", "waiting")],
)
def test_verdict_asks_or_not(judgement, state):
    assert first_state(judgement) == state


@pytest.mark.parametrize(
    ("live", "latest", "why"),
    [
        ("1", "1-2-0", None),
        ("1", "1-3-0", "verdict 1-3-0 is newer"),
        ("2", "2-1-0", "version 2 is live now"),
        ("2", None, "version 2 is live now"),
        ("1", None, "version 1 went live again since"),
    ],
)
def test_newer_facts_supersede(live, latest, why):
    assert superseded(WAITING, live, latest) == why


@pytest.mark.parametrize(
    ("active", "ended", "why"),
    [
        (None, None, None),
        (None, NOW - timedelta(hours=24), None),
        (None, NOW - timedelta(hours=23), "waits until 2026-01-02 13:00 UTC: 24 hours after the last run's end"),
        (RUN, None, "waits for run blue-fox, which is running: one at a time"),
        (RUN, NOW - timedelta(hours=48), "waits for run blue-fox, which is running: one at a time"),
    ],
)
def test_runs_are_held_up(active, ended, why):
    assert held_up(NOW, 24, active, ended) == why


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("SCHEDULED", "running"),
        ("PAUSED", "running"),
        ("COMPLETED", "finished"),
        ("FAILED", "failed"),
        ("CRASHED", "failed"),
        ("CANCELLED", "cancelled"),
        (None, "cancelled"),
    ],
)
def test_run_is_followed_to_its_end(told, state):
    running = WAITING._replace(state="running", attempt=1, run="some-id")
    assert followed(running, told and RUN._replace(state=told)).state == state


def test_each_attempt_has_its_key():
    assert WAITING.key == "verdict-1-2-0-1"
    assert WAITING._replace(attempt=1).key == "verdict-1-2-0-2"


@pytest.mark.parametrize(
    ("change", "planned"),
    [
        ({}, True),
        ({"auto_scheduled": False}, False),
        ({"run_count": 1}, False),
        ({"state_type": "PENDING"}, False),
        ({"expected_start_time": "2026-01-02T11:00:00Z"}, False),
    ],
)
def test_calendars_plan_is_no_active_run(change, planned):
    told = {"auto_scheduled": True, "run_count": 0, "state_type": "SCHEDULED"}
    assert _planned({**told, "expected_start_time": "2026-01-03T00:00:00Z", **change}, NOW) == planned


@pytest.mark.parametrize(
    ("state", "following", "expected"),
    [
        ("waiting", "no orchestrator", "no orchestrator"),
        ("failed", "waiting", "failed"),
        ("failed", "no orchestrator", "failed"),
        ("failed", "starting", "starting"),
        ("starting", "waiting", "waiting"),
    ],
)
def test_a_failed_delivery_stays_failed_until_it_starts(state, following, expected):
    moved = WAITING._replace(state=state, note="before").to(following, "after")
    assert (moved.state, moved.note) == (expected, "after")


@pytest.mark.parametrize("kind", ["retrain", "recalibrate"])
def test_a_run_is_asked_for_what_was_judged(kind):
    assert WAITING._replace(judgement=kind).retraining.kind == kind
