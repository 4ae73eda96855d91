"""The pages of one window, of one of its columns, and of one verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from monitoring.pages.chart import Chart, Curve, Drawn, Limit, Tick, Value, labels, over_time, scale
from monitoring.pages.figures import change, decimal, path, plain, share, whole
from monitoring.pages.heat import MOST_WINDOWS, level
from monitoring.pages.overview import place
from monitoring.pages.source import Facts
from monitoring.store.verdicts import FollowedVerdict
from monitoring.verdict import Cohort, Comparison, GroupFigures, Quality, Window

SORTS = {
    "name": "Column",
    "psi": "PSI",
    "noise": "Chance",
    "weight": "Weight",
    "missing": "Missing",
    "unseen": "Unseen",
    "outside": "Outside",
}
"""The keys by which a window's columns can be sorted, each with its heading."""


@dataclass(frozen=True)
class Line:
    """One column in a window's table."""

    column: Comparison
    quality: Quality | None
    href: str
    level: int


@dataclass(frozen=True)
class WindowPage:
    """Everything the template needs."""

    window: Window
    live: bool
    cohort: Cohort | None
    before: Window | None
    after: Window | None
    judged: tuple[FollowedVerdict, ...]
    lines: tuple[Line, ...]
    sort: str
    drifted: int
    groups: tuple[tuple[str, tuple[GroupFigures, ...]], ...]
    calibration: Chart | None


@dataclass(frozen=True)
class Bar:
    """One bin of a column: shares, and the lengths of their bars in percent."""

    name: str
    reference: float
    now: float
    reference_length: float
    now_length: float
    change: str


@dataclass(frozen=True)
class ColumnPage:
    """Everything the template needs."""

    window: Window
    column: Comparison
    quality: Quality | None
    bars: tuple[Bar, ...]
    chart: Chart
    before: Window | None
    after: Window | None
    level: int


@dataclass(frozen=True)
class VerdictPage:
    """Everything the template needs."""

    judged: FollowedVerdict
    window: Window | None
    cohort: Cohort | None
    figures: tuple[tuple[str, str], ...]
    drifted: tuple[tuple[str, str], ...]
    """Name and link of each column; the link is empty if the window or the column is missing."""


def window_page(facts: Facts, window: Window, sort: str) -> WindowPage:
    """The page of a window, its columns sorted by one of SORTS."""
    before, after = _neighbours(facts, window)
    cohort = facts.cohort(window.id)
    quality = {field.name: field for field in window.quality}
    lines = [
        Line(column, quality.get(column.name), path("windows", window.id, column.name), level(column.psi, facts.limits))
        for column in window.columns
    ]
    groups = cohort.groups if cohort else window.groups
    return WindowPage(
        window=window,
        live=window.version == facts.live,
        cohort=cohort,
        before=before,
        after=after,
        judged=tuple(judged for judged in facts.verdicts if judged.verdict.window == window.id),
        lines=tuple(_sorted(lines, sort)),
        sort=sort,
        drifted=sum(column.drifted for column in window.columns),
        groups=tuple((field, tuple(same)) for field, same in groupby(groups, key=lambda group: group.field)),
        calibration=calibration(cohort) if cohort and cohort.calibration else None,
    )


def column_page(facts: Facts, window: Window, column: Comparison) -> ColumnPage:
    """The page of a column, or of the score, in a window."""
    before, after = _neighbours(facts, window)
    return ColumnPage(
        window=window,
        column=column,
        quality=next((quality for quality in window.quality if quality.name == column.name), None),
        bars=bars(column),
        chart=_history(facts, column),
        before=before if before and find_column(before, column.name) else None,
        after=after if after and find_column(after, column.name) else None,
        level=level(column.psi, facts.limits),
    )


def verdict_page(facts: Facts, judged: FollowedVerdict) -> VerdictPage:
    """The page of a verdict."""
    verdict = judged.verdict
    window = facts.window(verdict.window) if verdict.window else None
    known = {column.name for column in window.columns} if window else set()
    return VerdictPage(
        judged=judged,
        window=window,
        cohort=facts.cohort(verdict.cohort) if verdict.cohort else None,
        figures=tuple(
            (_NAMES.get(name, name.replace("_", " ").capitalize()), _figure(name, verdict.figures[name]))
            for name in _ordered(verdict.figures)
        ),
        drifted=tuple(
            (name, path("windows", window.id, name) if window and name in known else "") for name in verdict.drifted
        ),
    )


def find_column(window: Window, name: str) -> Comparison | None:
    """A window's column or its score, by name."""
    return next((column for column in (window.score, *window.columns) if column.name == name), None)


def bars(column: Comparison) -> tuple[Bar, ...]:
    """Bins with their shares in the reference and now; the longest bar has a length of 100."""
    longest = max((*column.reference, *column.now, 0.0)) or 1.0
    return tuple(
        Bar(name, before, now, round(100 * before / longest, 2), round(100 * now / longest, 2), change(now, before))
        for name, before, now in zip(column.bins, column.reference, column.now, strict=True)
    )


def calibration(cohort: Cohort) -> Chart:
    """Default rate by probability, on two equal axes; on the diagonal both are equal."""
    highest = max(max(mean, rate) for mean, rate, _ in cohort.calibration)
    ticks = scale(0.0, highest)
    top, named = ticks[-1], list(zip(ticks, labels(ticks, percent=True), strict=True))
    points = [(100 * mean / top, 100 - 100 * rate / top) for mean, rate, _ in cohort.calibration]
    dots = "".join(f"M{x:.2f} {y:.2f}h0" for x, y in points)
    line = "".join(f"{'L' if index else 'M'}{x:.2f} {y:.2f}" for index, (x, y) in enumerate(points))
    return Chart(
        title="Calibration",
        unit="default rate by mean probability, tenths of the labelled applications",
        legend=(("now", "this cohort"), ("even", "as expected")),
        y=tuple(Tick(round(100 - 100 * tick / top, 2), text) for tick, text in named),
        x=tuple(Tick(round(100 * tick / top, 2), text) for tick, text in named),
        limits=(),
        drawn=(Drawn("even", "M0 100L100 0", "", ""), Drawn("now", line, dots, "")),
        versions=(),
        hits=(),
    )


def _history(facts: Facts, column: Comparison) -> Chart:
    windows = facts.windows[-MOST_WINDOWS:]
    columns = [window.score if column.kind == "score" else find_column(window, column.name) for window in windows]
    curves = [
        Curve("PSI", "now", [Value(point.psi) if point else None for point in columns]),
        Curve("chance stays below", "expected", [Value(point.noise) if point else None for point in columns]),
    ]
    limits = (
        Limit(plain(facts.limits.watch_psi), "watch", facts.limits.watch_psi),
        Limit(plain(facts.limits.retrain_psi), "act", facts.limits.retrain_psi),
    )
    places = [place(window) for window in windows]
    return over_time("PSI over time", "by window", places, curves, limits=limits)


def _neighbours(facts: Facts, window: Window) -> tuple[Window | None, Window | None]:
    """The windows of the same version before and after a window."""
    before, after = (facts.window(f"{window.version}-{window.number + step}") for step in (-1, 1))
    return before, after


def _sorted(lines: Sequence[Line], sort: str) -> list[Line]:
    keys = {
        "name": lambda line: line.column.name,
        "psi": lambda line: (-line.column.drifted, -line.column.psi),
        "noise": lambda line: -line.column.noise,
        "weight": lambda line: -line.column.weight,
        "missing": lambda line: -abs(line.quality.missing - line.quality.missing_reference) if line.quality else 1,
        "unseen": lambda line: -line.quality.unseen if line.quality else 1,
        "outside": lambda line: -line.quality.outside if line.quality else 1,
    }
    return sorted(lines, key=keys[sort])


_NAMES = {
    "rows": "Applications in the window",
    "score_psi": "Score PSI",
    "drifted_weight": "Drifted share of what moves the score",
    "drifted_columns": "Drifted columns",
    "completeness": "Records that arrived",
    "log_loss": "Log loss of the cohort",
    "expected_log_loss": "Log loss expected",
    "auc": "AUC of the cohort",
    "expected_auc": "AUC expected",
    "observed_expected": "Observed over expected defaults",
    "labelled": "Outcomes known",
    "defaults": "Defaults known, in all cohorts",
    "approved": "Approval rate",
    "mean_probability": "Mean probability of default",
    "lag_seconds": "Records trail by, seconds",
}
_COUNTS = {"rows", "drifted_columns", "defaults", "lag_seconds"}
_SHARES = {"drifted_weight", "completeness", "approved", "mean_probability"}


def _ordered(figures: Mapping[str, float]) -> list[str]:
    known = [name for name in _NAMES if name in figures]
    return known + sorted(set(figures) - set(known))


def _figure(name: str, value: float) -> str:
    if name in _SHARES:
        return share(value)
    return whole(value) if name in _COUNTS else decimal(value)
