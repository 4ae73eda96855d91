"""Reports of verdicts as files: drawn once, and only those that somebody will want."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from monitoring.intake.frames import LogFrames
from monitoring.judging.spans import START, Edge, Span
from monitoring.pages.drawings import Drawings
from monitoring.store.bundles import Bundles
from monitoring.store.database import Database
from monitoring.store.records import Store
from monitoring.store.verdicts import FollowedVerdict
from monitoring.store.windows import Archive
from monitoring.verdict import Window
from serving.records import Record, Schema
from tests.toy.rows import toy_rows
from training.bundle import Bundle


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'records.sqlite'}")
    made.prepare()
    yield made
    made.close()


@pytest.fixture
def drawings(tmp_path: Path, database: Database) -> Iterator[Drawings]:
    made = Drawings(tmp_path / "reports", Bundles(tmp_path / "models"), Archive(database), database)
    yield made
    made.close()


@pytest.fixture
def answered(database: Database, toy_bundle: Path, make_record: Callable[..., Record]) -> Span:
    """Where the records of a window are, 300 answers of a bundle."""
    bundle, rows = Bundle.open(toy_bundle), toy_rows(300, seed=7)
    manifest = bundle.manifest
    names = [tuple(field.name for field in fields) for fields in (manifest.numeric, manifest.categorical)]
    schema = Schema(*names, manifest.history)
    made = [
        make_record(
            f"segment-{i:03}",
            at=i + 1,
            schema=schema.id,
            probability=probability,
            numeric=rows.numeric[i].tobytes(),
            categorical=tuple(rows.categorical[i]),
            history=rows.history[i].tobytes(),
        )
        for i, probability in enumerate(bundle.score(rows).probability.tolist())
    ]
    Store(database, 36_500).ingest(LogFrames((schema,), tuple(made), ()), None)
    return Span("3", 1, START, Edge(300, "segment-299"))


def test_a_report_is_drawn_and_asks_nobody(
    drawings: Drawings,
    database: Database,
    answered: Span,
    toy_bundle: Path,
    tmp_path: Path,
    make_window: Callable[..., Window],
    page: Page,
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "3").symlink_to(toy_bundle)
    Archive(database).add_window(make_window(), answered, 1)
    drawings.draw("3-1-0", "3-1")
    until = time.monotonic() + 300
    while (drawn := drawings.path("3-1-0")) is None:
        assert (drawings.failure("3-1-0"), time.monotonic() < until) == (None, True)
        time.sleep(0.1)
    page.goto(f"file://{drawn}")
    page.get_by_text("EXT_SOURCE_2").first.wait_for()
    assert "PSI with bins for missing and unseen values" in page.inner_text("body")
    assert "window 3-1" in page.inner_text("body")


def failure(drawings: Drawings, verdict: str) -> str:
    """What it says once it is there."""
    until = time.monotonic() + 30
    while (found := drawings.failure(verdict)) is None:
        assert time.monotonic() < until
        time.sleep(0.01)
    return found


def test_a_window_that_is_gone_is_said(drawings: Drawings) -> None:
    drawings.draw("3-1-0", "3-1")
    assert failure(drawings, "3-1-0") == "window 3-1 is not kept any more"


def test_a_missing_bundle_is_said(drawings: Drawings, database: Database, make_window: Callable[..., Window]) -> None:
    Archive(database).add_window(make_window(), Span("3", 1, Edge(0, ""), Edge(1, "id")), 1)
    drawings.draw("3-1-0", "3-1")
    assert failure(drawings, "3-1-0").startswith("version 3: expected its bundle in ")


def test_what_is_drawn_is_not_drawn_again(drawings: Drawings, tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    drawn = tmp_path / "reports" / "3-1-0.html"
    drawn.write_text("drawn")
    drawings.draw("3-1-0", "3-1")
    assert (drawings.path("3-1-0"), drawings.path("3-2-0"), drawings.failure("3-1-0")) == (drawn, None, None)


def test_an_id_is_no_path(drawings: Drawings, tmp_path: Path) -> None:
    (tmp_path / "secret.html").write_text("secret")
    assert drawings.path("../secret") is None


@pytest.mark.parametrize(("judgement", "follows"), [("keep", False), ("watch", True), ("retrain", True)])
def test_verdicts_other_than_keep_are_followed(
    drawings: Drawings,
    make_judged: Callable[..., FollowedVerdict],
    make_window: Callable[..., Window],
    judgement: str,
    follows: bool,
) -> None:
    verdict = make_judged(make_window(), judgement).verdict
    drawings.follow(verdict)
    drawings.close()  # the thread has done what it was given
    assert (drawings.failure(verdict.id) is not None) == follows
