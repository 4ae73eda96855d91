"""Curves as coordinates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.pages.chart import Chart, Curve, Limit, Place, Value, labels, over_time, scale

DAY = 86_400_000_000


def places(*versions: str) -> list[Place]:
    return [Place(i * DAY, version, f"window {i}", f"/w/{i}") for i, version in enumerate(versions)]


def drawn(values: list[float | None], *versions: str) -> Chart:
    curve = Curve("PSI", "now", [None if value is None else Value(value) for value in values])
    return over_time("PSI", "", places(*versions or ["3"] * len(values)), [curve])


@pytest.mark.parametrize(
    ("bottom", "top", "expected"),
    [
        (0, 0.346, ["0.0", "0.1", "0.2", "0.3", "0.4"]),
        (0.7, 0.78, ["0.70", "0.72", "0.74", "0.76", "0.78"]),
        (0, 0, ["0.00", "0.25"]),
        (0.25, 0.25, ["0.25", "0.30"]),
        (0, 1, ["0.00", "0.25", "0.50", "0.75", "1.00"]),
    ],
)
def test_ticks_are_round(bottom: float, top: float, expected: list[str]) -> None:
    assert labels(scale(bottom, top), percent=False) == expected


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_scales_hold_their_range(bottom: float, width: float) -> None:
    ticks = scale(bottom, bottom + width)
    slack = 1e-6 * (abs(bottom) + width + 1)
    assert ticks[0] <= bottom + slack
    assert ticks[-1] >= bottom + width - slack
    assert 2 <= len(ticks) <= 12


def test_a_curve_goes_up_where_values_do() -> None:
    (curve,) = drawn([0.0, 0.4]).drawn
    assert curve.line == "M25 100L75 0"
    assert curve.dots == "M25 100h0M75 0h0"


@pytest.mark.parametrize(
    ("values", "versions", "pieces"),
    [([1, 2, 3], "333", 1), ([1, 2, 3], "233", 2), ([1, None, 3], "333", 2), ([None, None, None], "333", 0)],
)
def test_a_curve_ends_with_its_version(values: list[float | None], versions: str, pieces: int) -> None:
    assert drawn(values, *versions).drawn[0].line.count("M") == pieces


def test_a_limit_is_always_in_sight() -> None:
    chart = over_time("PSI", "", places("3"), [Curve("PSI", "now", [Value(0.01)])], limits=[Limit("0.25", "act", 0.25)])
    assert chart.limits == (("act", 0.0),)
    assert chart.legend == (("now", "PSI"), ("act", "0.25"))


def test_a_stripe_says_what_is_there() -> None:
    curve = Curve("loss", "now", [Value(0.27, 0.26, 0.28)])
    (hit,) = over_time("Loss", "", places("3"), [curve]).hits
    assert (hit.x, hit.width, hit.href) == (0, 100, "/w/0")
    assert hit.title == "window 0\nloss: 0.270 (0.260 to 0.280)"


@pytest.mark.parametrize(("count", "labels"), [(1, 1), (3, 3), (40, 5), (400, 5)])
def test_moments_find_room(count: int, labels: int) -> None:
    assert len(drawn([0.1] * count).x) == labels


def test_versions_begin_where_they_do() -> None:
    chart = drawn([1, 2, 3, 4], "2", "2", "3", "3")
    assert [(tick.at, tick.text) for tick in chart.versions] == [(0, "2"), (50, "3")]
