"""The facts of the pages, read from a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitoring.intake.frames import LogFrames
from monitoring.judging.rule import Limits
from monitoring.judging.spans import Edge, Span
from monitoring.pages import known
from monitoring.pages.known import StoredFacts
from monitoring.store.database import Database
from monitoring.store.records import Store
from monitoring.store.verdicts import Action, FollowedVerdict, Judgements
from monitoring.store.windows import Archive
from monitoring.verdict import Cohort, Window
from serving.records import Record, Schema


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(Database(f"sqlite:///{tmp_path / 'records.sqlite'}"), 36_500)
    made.database.prepare()
    yield made
    made.database.close()


def keep(store: Store, window: Window) -> None:
    span = Span(window.version, window.number, Edge(0, ""), Edge(window.until, "id"))
    Archive(store.database).add_window(window, span, window.until)


def test_an_empty_database_has_no_facts(store: Store) -> None:
    facts = StoredFacts(store, Archive(store.database), Judgements(store.database), Limits()).facts()
    assert (facts.windows, facts.cohorts, facts.verdicts, facts.live, facts.completeness) == ((), (), (), None, None)


def test_what_is_kept_is_told(
    store: Store,
    make_window: Callable[..., Window],
    make_cohort: Callable[[Window], Cohort],
    make_judged: Callable[..., FollowedVerdict],
) -> None:
    first, second = make_window("2", 7), make_window("3", 1, day=1)
    for window in (second, first):
        keep(store, window)
    Archive(store.database).add_cohort(make_cohort(first), 5)
    verdict = make_judged(second, "watch").verdict
    judgements, action = Judgements(store.database), Action(at=6, what="looked at", version=None, run=None)
    judgements.add(verdict)
    judgements.act(verdict.id, action)
    facts = StoredFacts(store, Archive(store.database), Judgements(store.database), Limits()).facts()
    assert facts.windows == (first, second)
    assert facts.cohorts == (make_cohort(first),)
    assert [(one.verdict, one.actions) for one in facts.verdicts] == [(verdict, (action,))]


def test_old_windows_are_told_when_asked(
    store: Store,
    make_window: Callable[..., Window],
    make_judged: Callable[..., FollowedVerdict],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(known, "_WINDOWS", 2)
    monkeypatch.setattr(known, "_VERDICTS", 1)
    windows = [make_window("3", number, day=number) for number in range(1, 6)]
    for window in windows:
        keep(store, window)
        Judgements(store.database).add(make_judged(window).verdict)
    facts = StoredFacts(store, Archive(store.database), Judgements(store.database), Limits())
    assert (facts.facts().windows, facts.facts().earlier) == (tuple(windows[3:]), 3)
    assert facts.facts(window="3-1").windows == (windows[0], *windows[3:])
    asked = facts.facts(verdict="3-2-0")
    assert [one.verdict.id for one in asked.verdicts] == ["3-5-0", "3-2-0"]
    assert asked.windows == (windows[1], *windows[3:])


def test_records_wait_for_their_window(store: Store, make_record: Callable[..., Record], schema: Schema) -> None:
    made = [make_record(f"segment-{number}") for number in range(3)]
    store.ingest(LogFrames((schema,), tuple(made), ()), None)
    facts = StoredFacts(store, Archive(store.database), Judgements(store.database), Limits()).facts()
    assert (facts.live, facts.waiting, facts.answered, facts.missing) == ("3", 3, 3, 0)
