"""Numbers and moments as the pages say them."""

from __future__ import annotations

import pytest

from monitoring.pages import figures

DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "–"), (0, "0.0%"), (0.0004, "<0.1%"), (0.0005, "0.1%"), (0.1234, "12.3%"), (1, "100.0%")],
)
def test_shares_are_percents(value: float | None, said: str) -> None:
    assert figures.share(value) == said


@pytest.mark.parametrize(
    ("now", "before", "said"), [(0.2, 0.1, "+10.0"), (0.1, 0.2, "−10.0"), (0.1, 0.1004, "0.0"), (0, 0, "0.0")]
)
def test_changes_have_a_sign(now: float, before: float, said: str) -> None:
    assert figures.change(now, before) == said


@pytest.mark.parametrize(
    ("span", "said"),
    [(0, "13:46"), (DAY - 1, "13:46"), (DAY, "21 Sep"), (299 * DAY, "21 Sep"), (300 * DAY, "Sep 2026")],
)
def test_short_moments_tell_apart(span: int, said: str) -> None:
    assert figures.short_moment(1_789_998_415_000_000, span) == said


@pytest.mark.parametrize(
    ("until", "said"),
    [
        (1_789_998_415_000_000 + 3_600_000_000, "2026-09-21 13:46 to 14:46 UTC"),
        (1_789_998_415_000_000 + DAY, "2026-09-21 13:46 to 2026-09-22 13:46 UTC"),
    ],
)
def test_a_day_is_said_once(until: int, said: str) -> None:
    assert figures.span(1_789_998_415_000_000, until) == said


def test_a_path_quotes_names() -> None:
    assert figures.path("windows", "3-1", "a/b?c#<d>") == "/review/windows/3-1/a%2Fb%3Fc%23%3Cd%3E"
