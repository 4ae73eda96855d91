"""What the pages answer, to whom, and what they never do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from monitoring.pages.figures import path
from monitoring.pages.source import Facts
from monitoring.verdict import Quality

Visit = Callable[..., Any]


def addresses(facts: Facts) -> Iterator[str]:
    yield "/"
    yield "/review"
    yield "/review/nowhere"
    for window in facts.windows[-1:]:
        yield path("windows", window.id)
        yield from (path("windows", window.id, one.name) for one in (window.score, *window.columns))
        yield path("windows", facts.windows[0].id)
    for judged in facts.verdicts[:1]:
        yield path("verdicts", judged.verdict.id)
        yield path("verdicts", judged.verdict.id, "report")


@pytest.mark.parametrize("count", [0, 1, 3])
def test_no_page_has_a_program(visit: Visit, make_facts: Callable[..., Facts], count: int) -> None:
    facts = make_facts(count) if count else Facts()
    for address in addresses(facts):
        answer = visit(facts).get(address)
        assert answer.status_code == (404 if "nowhere" in address else 202 if "report" in address else 200), address
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert not re.search(r"<script|<img|onerror=[^&]*>|javascript:[^&]*\"", answer.text), address
        assert set(re.findall(r"(?:src|href|url)[=(]\"?(https?://[^/\"]+)", answer.text)) <= {"http://127.0.0.1:4200"}


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (Facts(), "There are no records"),
        (Facts(), "Nothing has been judged yet"),
        (Facts(live="1", answered=9, waiting=9), "Version 1 has not been judged yet: 9 of its records"),
        (Facts(live="1", answered=9, waiting=9), "No window has closed yet"),
        (Facts(live="1", answered=9, waiting=9), "No outcomes are known"),
    ],
)
def test_nothing_is_said_to_be_nothing(visit: Visit, facts: Facts, said: str) -> None:
    assert said in visit(facts).get("/review").text


def test_the_first_page_says_the_state(visit: Visit, make_facts: Callable[..., Facts]) -> None:
    text = visit(make_facts(3)).get("/review").text
    for said in (
        "Version 3 is live",
        "The decisive reason is &lt;script&gt;",
        ">retrain<",
        "99.9%",
        "9 of 9,000 missing",
    ):
        assert said in text
    assert '<a href="http://127.0.0.1:4200/runs/1" rel="noreferrer">the run</a>' in text


def test_a_window_shows_its_cohort(visit: Visit, make_facts: Callable[..., Facts]) -> None:
    client = visit(make_facts(3))
    assert "not known: no refused application was explored" in client.get("/review/windows/3-1").text
    assert "so it is not a closed cohort" in client.get("/review/windows/3-2").text


COLUMNS = {
    "A": ({"psi": 0.02, "drifted": False, "noise": 0.04, "weight": 0.1}, (0.1, 0.02, 0.05)),
    "B": ({"psi": 0.3, "drifted": True, "noise": 0.01, "weight": 0.2}, (0.5, 0.01, 0.0)),
    "C": ({"psi": 0.2, "drifted": False, "noise": 0.25, "weight": 0.3}, (0.0, 0.03, 0.03)),
    "D": ({"psi": 0.12, "drifted": True, "noise": 0.02, "weight": 0.4}, None),
}
"""Figures of columns, and of their values: how many are missing, where 0.1 were, unseen and outside."""


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("name", "ABCD"),
        ("psi", "BDCA"),
        ("noise", "CADB"),
        ("weight", "DCBA"),
        ("missing", "BCAD"),
        ("unseen", "CABD"),
        ("outside", "ACBD"),
    ],
)
def test_columns_are_sorted(visit: Visit, make_facts: Callable[..., Facts], sort: str, order: str) -> None:
    facts = make_facts(1)
    (window,) = facts.windows
    columns = tuple(replace(window.columns[0], name=name, **figures) for name, (figures, _) in COLUMNS.items())
    quality = tuple(
        Quality(name=name, missing_reference=0.1, **dict(zip(("missing", "unseen", "outside"), shares, strict=True)))
        for name, (_, shares) in COLUMNS.items()
        if shares
    )
    facts = replace(facts, windows=(replace(window, columns=columns, quality=quality),))
    text = visit(facts).get(f"/review/windows/3-1?sort={sort}").text
    assert "".join(re.findall(r'<td class="name"><a href="/review/windows/3-1/([^"]+)"', text)) == order


def test_an_unknown_sort_is_the_default(visit: Visit, make_facts: Callable[..., Facts]) -> None:
    client = visit(make_facts(1))
    bodies = [client.get(f"/review/windows/3-1{query}").text for query in ("?sort=psi", "?sort=%3Cscript%3E")]
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/review/windows/3-9", "No window 3-9"),
        ("/review/windows/%3Cb%3E", "No window &lt;b&gt;"),
        ("/review/windows/3-1/NOTHING", "No column of that name in window 3-1"),
        ("/review/windows/3-9/NOTHING", "No window 3-9"),
        ("/review/verdicts/x", "No verdict x"),
        ("/review/verdicts/x/report", "No verdict x"),
        ("/review/else/where", "No such page"),
    ],
)
def test_what_is_not_there_is_a_page(visit: Visit, make_facts: Callable[..., Facts], address: str, said: str) -> None:
    answer = visit(make_facts(1)).get(address)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert said in answer.text


def test_a_missing_report_is_begun(visit: Visit, undrawn: Any, make_facts: Callable[..., Facts]) -> None:
    drawings = undrawn()
    answer = visit(make_facts(1), drawings).get("/review/verdicts/3-1-0/report")
    assert (answer.status_code, drawings.asked) == (202, [("3-1-0", "3-1")])
    assert '<meta http-equiv="refresh" content="3">' in answer.text


def test_a_failed_report_waits_for_a_person(visit: Visit, undrawn: Any, make_facts: Callable[..., Facts]) -> None:
    drawings = undrawn(failed="no <bundle>")
    client = visit(make_facts(1), drawings)
    answer = client.get("/review/verdicts/3-1-0/report")
    assert (answer.status_code, drawings.asked) == (500, [])
    assert "no &lt;bundle&gt;" in answer.text
    assert "refresh" not in answer.text
    again = client.post("/review/verdicts/3-1-0/report")
    assert (again.status_code, again.headers["location"]) == (303, "/review/verdicts/3-1-0/report")
    assert drawings.asked == [("3-1-0", "3-1")]


def test_a_guarded_report_says_how_to_try_again(visit: Visit, undrawn: Any, make_facts: Callable[..., Facts]) -> None:
    answer = visit(make_facts(1), undrawn(failed="no bundle"), guarded=True).get("/review/verdicts/3-1-0/report")
    assert "<form" not in answer.text
    command = 'curl -X POST -H "Authorization: Bearer $CREDENCE_MONITOR_TOKEN" ADDRESS/review/verdicts/3-1-0/report'
    assert command in answer.text


def test_a_report_may_talk_to_nobody(
    visit: Visit, undrawn: Any, make_facts: Callable[..., Facts], tmp_path: Path
) -> None:
    (tmp_path / "report.html").write_text("<p>drawn")
    answer = visit(make_facts(1), undrawn(tmp_path / "report.html")).get("/review/verdicts/3-1-0/report")
    assert answer.text == "<p>drawn"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "connect-src" not in policy
