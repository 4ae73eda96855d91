"""What a verdict that asks for a retraining starts at a real Prefect server, and what it does not."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from monitoring.__main__ import compose
from monitoring.review import Reviewer
from monitoring.settings import MonitorSettings
from monitoring.store.records import Store
from monitoring.store.tables import actions
from monitoring.store.verdicts import Action
from tests.monitoring.killed import STEPS
from tests.monitoring.lender import HOUR, Lender
from tests.monitoring.relay import Relay
from tests.ports import unused_port

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a Prefect server."""
    port = unused_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "flows.orchestration.server:create_app"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "error"]
    home = tmp_path_factory.mktemp("prefect")
    environment = os.environ | {"PREFECT_HOME": str(home), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    with subprocess.Popen(command, env=environment) as process:
        deadline = time.monotonic() + 120
        while not answers(port):
            assert process.poll() is None, "Prefect's server ended"
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield port
        process.kill()


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/health").is_success
    except httpx.TransportError:
        return False


class Orchestrator:
    """The deployment `retrain/credence`, without a worker: its runs are what is looked at."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.api = httpx.Client(base_url=f"{self.url}/api/")
        flow = self._make("flows/", {"name": "retrain"})
        self.id = self._make("deployments/", {"name": "credence", "flow_id": flow})

    def _make(self, path: str, content: dict[str, str]) -> str:
        answer = self.api.post(path, json=content)
        assert answer.is_success, answer.text
        return answer.json()["id"]

    def runs(self) -> list[dict[str, Any]]:
        which = {"deployments": {"id": {"any_": [self.id]}}}
        return self.api.post("flow_runs/filter", json=which).json()

    def start(self) -> str:
        return self.api.post(f"deployments/{self.id}/create_flow_run", json={}).json()["id"]

    def ask_a_person(self, external_url: str = "") -> tuple[dict[str, Any], Action]:
        """The run of a promotion that waits, and what it notes."""
        flow = self._make("flows/", {"name": "promote"})
        run = self.api.post("flow_runs/", json={"flow_id": flow, "state": {"type": "PAUSED"}}).json()
        url = f"{external_url or self.url}/runs/flow-run/{run['id']}"
        return run, Action(at=1, what="version 2 waits for a person", version="2", run=url, waits=True)

    def end(self, run: str, state: str = "COMPLETED") -> None:
        told = {"state": {"type": state}, "force": True}
        assert self.api.post(f"flow_runs/{run}/set_state", json=told).is_success


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite unless a test asks for the other: what differs is one statement."""
    if getattr(request, "param", "sqlite") == "postgresql":
        return request.getfixturevalue("postgresql")
    return f"sqlite:///{tmp_path / 'records.sqlite'}"


@pytest.fixture
def prefect(server: int) -> Iterator[Orchestrator]:
    orchestrator = Orchestrator(server)
    yield orchestrator
    for run in orchestrator.runs():
        orchestrator.api.delete(f"flow_runs/{run['id']}")
    orchestrator.api.delete(f"deployments/{orchestrator.id}")
    orchestrator.api.close()


@pytest.fixture
def monitor(make_store: Callable[..., Store], models: Path, prefect: Orchestrator) -> Iterator[Callable[..., Reviewer]]:
    """Makes a monitor on the one database, at the Prefect server unless another is named."""
    made: list[Reviewer] = []
    store = make_store()

    def start(url: str | None = None, cooldown: float = 24, external_url: str = "") -> Reviewer:
        settings = MonitorSettings(
            monitor_models=str(models),
            monitor_window_rows=1000,
            monitor_cooldown_hours=cooldown,
            prefect_url=prefect.url if url is None else url,
            prefect_external_url=external_url,
        )
        made.append(compose(store, settings).state.reviewer)
        return made[-1]

    yield start
    for reviewer in made:
        reviewer.close()


@pytest.fixture
def failing(make_store: Callable[..., Store], toy_bundle: Path) -> Lender:
    """A lender whose first thousand answers turn out wrong."""
    lender = Lender(make_store(), toy_bundle)
    lender.tell(lender.answer(1000), wrong=True)
    return lender


def look(reviewer: Reviewer) -> Any:
    """The delivery of the latest verdict, after a review."""
    reviewer.look()
    assert reviewer.condition.problem is None
    return delivery(reviewer)


def delivery(reviewer: Reviewer) -> Any:
    live = reviewer.archive.live()
    verdict = reviewer.judgements.latest(live)
    states = ("waiting", "no orchestrator", "starting", "running", "finished", "failed", "cancelled", "superseded")
    found = reviewer.judgements.deliveries((*states, "nothing to start"))
    return next(one for one in found if one.verdict == verdict.id)


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
def test_failing_model_is_retrained_once(monitor, failing, prefect):
    one, other = monitor(), monitor()
    for reviewer in (one, other, one):
        assert look(reviewer).state == "running"
    (run,) = prefect.runs()
    assert run["parameters"] == {"verdict": "1-1-1", "kind": "retrain"}
    assert run["idempotency_key"] == "verdict-1-1-1-1"


@pytest.mark.parametrize("external_url", ["", "https://example.com/prefect/"])
def test_started_run_is_an_action(monitor, failing, prefect, external_url):
    reviewer = monitor(external_url=external_url)
    look(reviewer)
    rows = reviewer._store.rows(select(actions.c.what, actions.c.run))
    (run,) = prefect.runs()
    assert [dict(row) for row in rows] == [
        {
            "what": "retraining started",
            "run": f"{external_url.rstrip('/') or prefect.url}/runs/flow-run/{run['id']}",
        }
    ]


def test_too_few_rows_start_nothing(monitor, make_store, toy_bundle, prefect):
    lender = Lender(make_store(), toy_bundle)
    lender.tell(lender.answer(900), wrong=True)
    reviewer = monitor()
    assert reviewer.review().judgement == "keep"
    assert delivery(reviewer).state == "nothing to start"
    assert prefect.runs() == []


def test_incomplete_log_starts_nothing(monitor, failing, prefect):
    with failing.store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE segments SET answered = 1100, answered_at = received_at")
    reviewer = monitor()
    reviewer.look()
    assert reviewer.condition.problem == "window 1-1 waits: 90.9% of the answered applications have arrived"
    assert reviewer.review().why[0].startswith("Keep (incomplete)")
    assert prefect.runs() == []


def test_incomplete_log_is_judged_when_it_is_there(monitor, failing, prefect):
    with failing.store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE segments SET answered = 1100, answered_at = received_at")
    reviewer = monitor()
    assert reviewer.review().id == reviewer.review().id == "1-1-1-incomplete"
    with failing.store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE segments SET answered = 1000")
    started = look(reviewer)
    assert (started.verdict, started.state) == ("1-1-1", "running")
    with failing.store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE segments SET answered = 1100")
    assert reviewer.review().id == "1-1-1"
    assert len(prefect.runs()) == 1


def test_run_of_another_monitor_is_followed(monitor, failing, prefect):
    """One monitor gave a claim up, because it looked before the other one's request had come to Prefect."""
    started = look(monitor())
    given_up = started._replace(state="waiting", attempt=0, run=None)
    assert monitor().judgements.move(started, given_up, 0)
    found = look(monitor())
    assert (found.state, found.attempt, found.run) == ("running", 1, started.run)
    assert len(prefect.runs()) == 1


def test_nobody_to_tell_is_said(monitor, failing, prefect):
    assert look(monitor("")).state == "no orchestrator"
    assert look(monitor()).state == "running"


def test_one_at_a_time(monitor, failing, prefect):
    run = prefect.start()
    reviewer = monitor(cooldown=0)
    waiting = look(reviewer)
    assert waiting.state == "waiting"
    assert waiting.note.endswith("which is scheduled: one at a time")
    prefect.end(run)
    assert look(reviewer).state == "running"
    assert len(prefect.runs()) == 2


def test_promotion_that_waits_is_followed(monitor, failing, prefect):
    """The run of a retraining ends and leaves a promotion for a person, who cancels it."""
    reviewer = monitor(cooldown=0)
    started = look(reviewer)
    prefect.end(started.run)
    run, promotion = prefect.ask_a_person("https://example.com/prefect")
    reviewer.judgements.act(started.verdict, promotion)
    assert (look(reviewer).state, reviewer.judgements.reaction().paused) == ("finished", True)
    prefect.end(run["id"], "CANCELLED")
    for _ in range(2):
        look(reviewer)
        assert not reviewer.judgements.reaction().paused
    (*_, told) = reviewer._store.rows(select(actions.c.what, actions.c.run).order_by(actions.c.number))
    assert dict(told) == {"what": f"version 2 waits no more: run {run['name']} is cancelled", "run": promotion.run}


def test_nothing_is_started_while_a_promotion_waits(monitor, failing, prefect):
    reviewer = monitor(cooldown=0)
    started = look(reviewer)
    _, promotion = prefect.ask_a_person()
    reviewer.judgements.act(started.verdict, promotion)
    prefect.end(started.run, "FAILED")
    held = look(reviewer)
    assert (held.state, held.note) == ("failed", promotion.what)
    assert len(prefect.runs()) == 1


def test_cooldown_follows_any_run(monitor, failing, prefect):
    prefect.end(prefect.start(), "CANCELLED")
    waiting = look(monitor())
    assert waiting.state == "waiting"
    assert waiting.note.endswith("24 hours after the last run's end")
    assert look(monitor(cooldown=0)).state == "running"


def test_failed_run_is_tried_again(monitor, failing, prefect):
    reviewer = monitor()
    prefect.end(look(reviewer).run, "FAILED")
    assert look(reviewer).state == "failed"
    again = look(monitor(cooldown=0))
    assert (again.state, again.attempt) == ("running", 2)
    assert {run["idempotency_key"] for run in prefect.runs()} == {"verdict-1-1-1-1", "verdict-1-1-1-2"}


def test_finished_run_is_the_end(monitor, failing, prefect):
    reviewer = monitor(cooldown=0)
    prefect.end(look(reviewer).run)
    assert look(reviewer).state == "finished"
    assert look(reviewer).state == "finished"
    assert len(prefect.runs()) == 1


def test_prefect_down_is_delivered_later(monitor, failing, prefect, server):
    relay = Relay(server)
    reviewer = monitor(f"http://127.0.0.1:{relay.port}")
    waiting = look(reviewer)
    assert (waiting.state, waiting.note) == ("waiting", "Prefect is not there: ConnectError")
    relay.open()
    assert look(reviewer).state == "running"
    assert look(reviewer).state == "running"
    relay.close()
    assert len(prefect.runs()) == 1


def test_missing_deployment_is_waited_for(monitor, failing, prefect):
    prefect.api.delete(f"deployments/{prefect.id}")
    assert look(monitor()).note == "Prefect has no deployment retrain/credence"


def test_new_live_version_supersedes(monitor, failing, prefect):
    reviewer = monitor("")
    look(reviewer)
    reviewer.archive.tell_live("2", time.time_ns() // 1000)
    reviewer.look()
    monitor().look()
    (old,) = reviewer.judgements.deliveries(("superseded",))
    assert (old.verdict, old.note) == ("1-1-1", "version 2 is live now")
    assert prefect.runs() == []


def test_newer_verdict_supersedes(monitor, failing, prefect):
    reviewer = monitor("")
    look(reviewer)
    failing.tell(failing.answer(1000, seed=1))
    assert look(reviewer).state == "nothing to start"
    monitor().look()
    (old,) = reviewer.judgements.deliveries(("superseded",))
    assert (old.verdict, old.note) == ("1-1-1", "verdict 1-2-2 is newer")
    assert prefect.runs() == []


def test_guarded_verdict_supersedes_nothing(monitor, failing, prefect):
    """A person who looks at a few new answers does not call off what waits."""
    prefect.end(prefect.start())
    look(monitor())
    failing.answer(10)
    assert "too few" in monitor().review().why[0]
    reviewer = monitor(cooldown=0)
    look(reviewer)
    (started,) = reviewer.judgements.deliveries(("running",))
    assert started.verdict == "1-1-1"


@pytest.mark.parametrize("end", ["CANCELLED", "COMPLETED"])
def test_next_window_asks_again(monitor, failing, prefect, end):
    reviewer = monitor(cooldown=0)
    prefect.end(look(reviewer).run, end)
    look(reviewer)
    failing.tell(failing.answer(1000, seed=1), wrong=True)
    again = look(reviewer)
    assert (again.verdict, again.state) == ("1-2-2", "running")
    assert len(prefect.runs()) == 2


def test_next_window_asks_for_what_was_superseded(monitor, failing, prefect):
    """Another version was tried in between, and the verdict's own run never began."""
    reviewer = monitor("")
    look(reviewer)
    for version in ("2", "1"):
        reviewer.archive.tell_live(version, time.time_ns() // 1000)
        reviewer.look()
    failing.now += HOUR
    failing.tell(failing.answer(1000, seed=1), wrong=True)
    started = look(monitor())
    assert (started.verdict, started.state) == ("1-2-2", "running")


@pytest.mark.parametrize("end", ["COMPLETED", "FAILED"])
def test_rollback_starts_nothing_from_old_facts(monitor, failing, prefect, end):
    """Version 1 comes back; its verdict of before, and the outcomes that came late, are of the time before."""
    late = failing.answer(1000, seed=1)
    reviewer = monitor(cooldown=0)
    prefect.end(look(reviewer).run, end)
    reviewer.archive.tell_live("2", time.time_ns() // 1000)
    reviewer.look()
    failing.tell(late, wrong=True)
    reviewer.look()
    assert reviewer.archive.counts("1") == (2, 2)
    reviewer.archive.tell_live("1", time.time_ns() // 1000)
    assert look(reviewer).state == "nothing to start"
    assert reviewer.review().judgement == "keep"
    assert len(prefect.runs()) == 1


@pytest.mark.parametrize("step", STEPS)
def test_killed_monitor_starts_nothing_twice(url, models, monitor, failing, prefect, step):
    command = [sys.executable, "-m", "tests.monitoring.killed", url, str(models), prefect.url, step]
    assert subprocess.run(command, cwd=ROOT, timeout=120, check=False).returncode == 9
    started = look(monitor())
    assert (started.verdict, started.state, started.attempt) == ("1-1-1", "running", 1)
    assert len(prefect.runs()) == 1
