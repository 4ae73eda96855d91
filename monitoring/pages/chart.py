"""Curves over time as coordinates: x and y in percent of the plot; y grows downwards, as in SVG.

The plot is stretched to the available room. Its words are beside the SVG, not in it, so that they keep their size. Dots
and line widths are strokes that do not scale.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from monitoring.pages.figures import decimal, share, short_moment

_LABELS = 5
"""Number of moments that fit under a plot on a telephone."""
_FLAT = 1e-9
"""A smaller range counts as empty: no figure has as many digits."""


@dataclass(frozen=True)
class Place:
    """A place on the time axis: one window."""

    at: int
    version: str
    title: str
    href: str


@dataclass(frozen=True)
class Value:
    """A curve's value at one place, with its interval."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Curve:
    """Values by place, None for a missing value. `look` is the curve's class in the style sheet."""

    name: str
    look: str
    values: Sequence[Value | None]


@dataclass(frozen=True)
class Limit:
    """A horizontal line across the plot."""

    name: str
    look: str
    value: float


@dataclass(frozen=True)
class Tick:
    """A label beside the plot."""

    at: float
    text: str
    side: str = ""
    """`first` or `last` for a label that is not centred, so that it stays within the plot."""


@dataclass(frozen=True)
class Drawn:
    """A curve as paths."""

    look: str
    line: str
    dots: str
    intervals: str


@dataclass(frozen=True)
class Hit:
    """A vertical stripe of the plot with a title and a link for its place."""

    x: float
    width: float
    title: str
    href: str


@dataclass(frozen=True)
class Chart:
    """Everything the template needs."""

    title: str
    unit: str
    legend: tuple[tuple[str, str], ...]
    """Look and name of each curve and limit."""
    y: tuple[Tick, ...]
    x: tuple[Tick, ...]
    limits: tuple[tuple[str, float], ...]
    drawn: tuple[Drawn, ...]
    versions: tuple[Tick, ...]
    hits: tuple[Hit, ...]
    x_unit: str = ""


def over_time(
    title: str,
    unit: str,
    places: Sequence[Place],
    curves: Sequence[Curve],
    *,
    limits: Sequence[Limit] = (),
    zero: bool = True,
    percent: bool = False,
) -> Chart:
    """Curves by window. With `zero`, the axis begins at 0. A line is not drawn from one version to the next."""
    bottom, top = _range(curves, limits, zero=zero)
    ticks = scale(bottom, top)
    low, high = ticks[0], ticks[-1]

    def height(value: float) -> float:
        return round(100 * (high - value) / (high - low), 2)

    return Chart(
        title=title,
        unit=unit,
        legend=(*((curve.look, curve.name) for curve in curves), *((limit.look, limit.name) for limit in limits)),
        y=tuple(Tick(height(tick), text) for tick, text in zip(ticks, labels(ticks, percent=percent), strict=True)),
        x=_moments(places),
        limits=tuple((limit.look, height(limit.value)) for limit in limits),
        drawn=tuple(_drawn(curve, places, height) for curve in curves),
        versions=_versions(places),
        hits=tuple(_hit(index, places, curves, share if percent else decimal) for index in range(len(places))),
    )


def scale(bottom: float, top: float, count: int = 4) -> list[float]:
    """About `count` steps of round numbers; the first is at or below `bottom`, the last at or above `top`."""
    width = next((width for width in (top - bottom, abs(top)) if width > _FLAT), 1.0)
    size = 10 ** math.floor(math.log10(width / count))
    step = min((size * times for times in (1, 2, 2.5, 5, 10)), key=lambda step: abs(width / step - count))
    first, last = math.floor(bottom / step + 1e-9), math.ceil(top / step - 1e-9)
    return [round(number * step, 12) for number in range(first, max(last, first + 1) + 1)]


def labels(ticks: Sequence[float], *, percent: bool) -> list[str]:
    """Round numbers as text; all have the number of digits that their steps need."""
    times = 100 if percent else 1
    step = times * (ticks[1] - ticks[0])
    digits = next(digits for digits in range(13) if abs(step - round(step, digits)) < step * 1e-6)
    return [f"{times * tick:.{digits}f}{'%' if percent else ''}" for tick in ticks]


def middle(index: int, count: int) -> float:
    """The middle of a place, in percent of the width."""
    return round(100 * (index + 0.5) / count, 3)


def _range(curves: Sequence[Curve], limits: Sequence[Limit], *, zero: bool) -> tuple[float, float]:
    values = [limit.value for limit in limits]
    for curve in curves:
        for point in curve.values:
            if point is not None:
                values += [part for part in (point.value, point.low, point.high) if part is not None]
    values = values or [0.0, 1.0]
    return (min(0.0, *values) if zero else min(values)), max(values)


def _drawn(curve: Curve, places: Sequence[Place], height: Callable[[float], float]) -> Drawn:
    count = len(places)
    line, dots, intervals = [], [], []
    version = None
    for index, (place, point) in enumerate(zip(places, curve.values, strict=True)):
        if point is None:
            version = None
            continue
        x, y = middle(index, count), height(point.value)
        line.append(f"{'L' if place.version == version else 'M'}{x:g} {y:g}")
        dots.append(f"M{x:g} {y:g}h0")
        if point.low is not None and point.high is not None:
            intervals.append(f"M{x:g} {height(point.low):g}V{height(point.high):g}")
        version = place.version
    return Drawn(curve.look, "".join(line), "".join(dots), "".join(intervals))


def _hit(index: int, places: Sequence[Place], curves: Sequence[Curve], show: Callable[[float], str]) -> Hit:
    place, width = places[index], 100 / len(places)
    lines = [place.title]
    for curve in curves:
        point = curve.values[index]
        if point is not None:
            interval = "" if point.low is None or point.high is None else f" ({show(point.low)} to {show(point.high)})"
            lines.append(f"{curve.name}: {show(point.value)}{interval}")
    return Hit(round(index * width, 3), round(width, 3), "\n".join(lines), place.href)


def _moments(places: Sequence[Place]) -> tuple[Tick, ...]:
    if not places:
        return ()
    last, count = len(places) - 1, min(_LABELS, len(places))
    chosen = sorted({round(number * last / max(count - 1, 1)) for number in range(count)})
    span = places[-1].at - places[0].at
    ticks = [Tick(middle(index, len(places)), short_moment(places[index].at, span)) for index in chosen]
    # Neighbouring ticks with equal texts become one.
    return tuple(next(same) for _, same in groupby(ticks, key=lambda tick: tick.text))


def _versions(places: Sequence[Place]) -> tuple[Tick, ...]:
    """A label at the first place of each version."""
    begun = [i for i, place in enumerate(places) if i == 0 or places[i - 1].version != place.version]
    return tuple(Tick(round(100 * index / len(places), 3), places[index].version) for index in begun)
