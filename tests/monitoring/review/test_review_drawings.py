"""Reports of verdicts as files: drawn once, and only those that somebody will want."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitoring.archive import Archive
from monitoring.database import Database
from monitoring.judgements import Judged
from monitoring.review.drawings import Drawings
from monitoring.window import Window
from monitoring.windows import Edge, Span


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'records.sqlite'}")
    made.prepare()
    yield made
    made.close()


@pytest.fixture
def drawings(tmp_path: Path, database: Database) -> Iterator[Drawings]:
    made = Drawings(tmp_path / "reports", tmp_path / "models", database)
    yield made
    made.close()


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
    make_judged: Callable[..., Judged],
    make_window: Callable[..., Window],
    judgement: str,
    follows: bool,
) -> None:
    verdict = make_judged(make_window(), judgement).verdict
    drawings.follow(verdict)
    drawings.close()  # the thread has done what it was given
    assert (drawings.failure(verdict.id) is not None) == follows
