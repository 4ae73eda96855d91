"""What the pages are made of, without a monitor: windows, cohorts and verdicts that somebody could have had."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI

from monitoring.pages.routes import attach
from monitoring.pages.source import Facts
from monitoring.store.verdicts import Action, FollowedVerdict
from monitoring.verdict import Cohort, Comparison, GroupFigures, Quality, Verdict, Window
from monitoring.verdict.retraining import Delivery
from training.bundle import Interval

with warnings.catch_warnings():
    # It asks for the next major version of the HTTP client that it uses.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

DAY = 86_400_000_000
BEGIN = 1_790_000_000_000_000
MARKUP = '<script>alert("x")</script>&amp;'
NAMES = (MARKUP, "A_LONG_NAME_" * 12, "with/slash, ? and #", "'\"><img src=x onerror=alert(1)>")


def comparison(name: str, psi: float = 0.01, weight: float = 0.01, kind: str = "field") -> Comparison:
    return Comparison(
        name=name,
        kind=kind,
        bins=("below 12.5", "12.5 and above", "missing", "<b>bold</b> & " + "long " * 20),
        reference=(0.5, 0.3, 0.2, 0.0),
        now=(0.4, 0.3, 0.299, 0.001),
        psi=psi,
        noise=0.034,
        drifted=psi >= 0.1,
        weight=weight,
    )


def window(version: str = "3", number: int = 1, columns: int = 6, psi: float = 0.01, day: int = 0) -> Window:
    names = (*NAMES, *(f"AMT_REQ_CREDIT_BUREAU_{i}" for i in range(columns)))[:columns]
    made = tuple(comparison(name, psi * (i + 1), 0.5 / (i + 1)) for i, name in enumerate(names))
    return Window(
        model="credit-default",
        version=version,
        number=number,
        since=BEGIN + day * DAY,
        until=BEGIN + day * DAY + DAY // 2,
        rows=2000,
        score=comparison("probability", psi, 0, "score"),
        columns=made,
        drifted_weight=sum(one.weight for one in made if one.drifted),
        approved=0.68,
        mean_probability=0.081,
        expected_log_loss=0.2512,
        expected_auc=0.752,
        quality=tuple(
            Quality(name=one.name, missing=0.25, missing_reference=0.125, unseen=0.0003, outside=0) for one in made[:4]
        ),
        warned=0.03,
        histories={"found": 1500, "none": 500},
        groups=(
            GroupFigures(field="CODE_GENDER", name="F", rows=1300, approved=0.7, ratio=1),
            GroupFigures(field="CODE_GENDER", name=MARKUP, rows=700, approved=0.5, ratio=0.71),
        ),
        quantiles={},
    )


def cohort(of: Window) -> Cohort:
    return Cohort(
        version=of.version,
        number=of.number,
        closed_at=of.until + DAY,
        population="accepted and explored",
        labelled=1510,
        explored=61,
        defaults=121,
        log_loss=Interval(value=0.27, low=0.26, high=0.28),
        expected_log_loss=0.2512,
        auc=Interval(value=0.74, low=0.72, high=0.76),
        expected_auc=0.752,
        observed_expected=Interval(value=1.24, low=1.08, high=1.41),
        cost=None,
        log_loss_worse=True,
        ranking_worse=False,
        calibration_worse=True,
        calibration=((0.02, 0.03, 151), (0.2, 0.31, 151)),
        groups=of.groups,
    )


def judged(of: Window, judgement: str = "keep", *actions: Action) -> FollowedVerdict:
    verdict = Verdict(
        id=f"{of.id}-0",
        at=of.until,
        model=of.model,
        version=of.version,
        judgement=judgement,
        why=(f"The decisive reason is {MARKUP}.", "Another one."),
        window=of.id,
        cohort=None,
        figures={"rows": 2000.0, "score_psi": 0.312, "drifted_weight": 0.142, "something_new": 0.5},
        drifted=tuple(one.name for one in of.columns if one.drifted),
    )
    state = "finished" if actions else "nothing to start"
    return FollowedVerdict(verdict, Delivery(verdict.id, of.version, judgement, state, "", 1, None), of.until, actions)


@pytest.fixture(scope="session")
def make_facts() -> Callable[..., Facts]:
    """So many windows of so many columns: a third of version 2, the others of version 3, whose last one drifted."""

    def make(windows: int, columns: int = 6) -> Facts:
        early = windows // 3
        made = [
            window(*(("2", day + 1) if day < early else ("3", day - early + 1)), columns, 0.01, day)
            for day in range(windows)
        ]
        made[-1] = window(made[-1].version, made[-1].number, columns, 0.06, windows - 1)
        done = (
            Action(at=made[-1].until, what="retraining started", version=None, run="http://127.0.0.1:4200/runs/1"),
            Action(at=made[-1].until, what=MARKUP, version="4", run="javascript:alert(1)"),
        )
        verdicts = (judged(made[-1], "retrain", *done), *(judged(one) for one in reversed(made[:-1])))
        cohorts = tuple(cohort(one) for one in made[:-1])
        return Facts(
            windows=tuple(made), cohorts=cohorts, verdicts=verdicts, live="3", answered=9000, missing=9, waiting=312
        )

    return make


class Held:
    """A source that knows what it was given."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def facts(self, window: str | None = None, verdict: str | None = None) -> Facts:
        return self._facts


class Undrawn:
    """Reports that are asked for and not there, unless they were given."""

    def __init__(self, drawn: Path | None = None, failed: str | None = None) -> None:
        self.drawn, self.failed = drawn, failed
        self.asked: list[tuple[str, str]] = []

    def path(self, verdict: str) -> Path | None:
        return self.drawn

    def failure(self, verdict: str) -> str | None:
        return self.failed

    def draw(self, verdict: str, window: str) -> None:
        self.asked.append((verdict, window))


@pytest.fixture
def visit() -> Callable[..., TestClient]:
    """A client of the pages of these facts."""

    def client(facts: Facts, drawings: Undrawn | None = None, *, guarded: bool = False) -> TestClient:
        app = FastAPI()
        attach(app, Held(facts), drawings or Undrawn(), guarded=guarded)
        return TestClient(app, follow_redirects=False)

    return client


@pytest.fixture(scope="session")
def undrawn() -> type[Undrawn]:
    return Undrawn


@pytest.fixture(scope="session")
def make_window() -> Callable[..., Window]:
    return window


@pytest.fixture(scope="session")
def make_cohort() -> Callable[[Window], Cohort]:
    return cohort


@pytest.fixture(scope="session")
def make_judged() -> Callable[..., FollowedVerdict]:
    return judged
