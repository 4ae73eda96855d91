"""Windows by columns as a heat map: what drifted, when, and how much it weighs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from monitoring.judging.rule import Limits
from monitoring.pages.figures import decimal, path, share, span
from monitoring.verdict import Comparison, Window

MOST_WINDOWS = 40
_BY_DRIFT, _BY_WEIGHT = 14, 10


@dataclass(frozen=True)
class Cell:
    """One column in one window."""

    level: int
    """Of the colour, 0 to 3."""
    drifted: bool
    title: str
    href: str


@dataclass(frozen=True)
class HeatRow:
    """One column over the windows; None where the version has no such column."""

    name: str
    href: str
    weight: float
    """In the latest window."""
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Heading:
    """A window above its cells."""

    number: int
    title: str
    href: str


@dataclass(frozen=True)
class Heat:
    """Everything the template needs."""

    versions: tuple[tuple[str, int], ...]
    """Each with how many windows stand below it."""
    windows: tuple[Heading, ...]
    rows: tuple[HeatRow, ...]
    """The score's first."""
    columns: int
    """Of the latest window, shown or not."""
    earlier: int
    """Windows that are not shown."""


def heat(windows: Sequence[Window], limits: Limits) -> Heat:
    """The latest windows, oldest first, by their score and the columns that drifted or weigh most."""
    shown = windows[-MOST_WINDOWS:]
    by_name = [{column.name: column for column in window.columns} for window in shown]
    return Heat(
        versions=tuple((key, len(list(same))) for key, same in groupby(window.version for window in shown)),
        windows=tuple(Heading(one.number, _about(one), path("windows", one.id)) for one in shown),
        rows=(
            _row("score", shown, [window.score for window in shown], limits),
            *(_row(name, shown, [columns.get(name) for columns in by_name], limits) for name in telling(shown)),
        ),
        columns=len(shown[-1].columns),
        earlier=len(windows) - len(shown),
    )


def telling(windows: Sequence[Window]) -> list[str]:
    """Names of the columns worth a row: those with the most PSI in any window, then the weightiest that are left."""
    worst: dict[str, tuple[bool, float]] = {}
    for window in windows:
        for column in window.columns:
            worst[column.name] = max(worst.get(column.name, (False, 0.0)), (column.drifted, column.psi))
    weights = {column.name: column.weight for column in windows[-1].columns}
    by_drift = sorted(worst, key=lambda name: (worst[name], weights.get(name, 0.0)), reverse=True)
    chosen = by_drift[:_BY_DRIFT]
    by_weight = sorted(set(weights) - set(chosen), key=lambda name: (-weights[name], name))
    return chosen + by_weight[:_BY_WEIGHT]


def level(psi: float, limits: Limits) -> int:
    """The number of the colour that stands for a PSI: 0 below half of `watch_psi`, 3 from `retrain_psi` on."""
    return sum(psi >= limit for limit in (limits.watch_psi / 2, limits.watch_psi, limits.retrain_psi))


def _row(name: str, windows: Sequence[Window], columns: Sequence[Comparison | None], limits: Limits) -> HeatRow:
    pairs = list(zip(windows, columns, strict=True))
    latest = next(((window, column) for window, column in reversed(pairs) if column is not None), None)
    return HeatRow(
        name=name,
        href=path("windows", latest[0].id, latest[1].name) if latest else "",
        weight=columns[-1].weight if columns[-1] else 0.0,
        cells=tuple(_cell(window, column, limits) if column else None for window, column in pairs),
    )


def _cell(window: Window, column: Comparison, limits: Limits) -> Cell:
    return Cell(
        level(column.psi, limits),
        column.drifted,
        f"{column.name}, window {window.id}\nPSI {decimal(column.psi)}, chance stays below {decimal(column.noise)}: "
        f"{'drifted' if column.drifted else 'not drifted'}\nweight {share(column.weight)}",
        path("windows", window.id, column.name),
    )


def _about(window: Window) -> str:
    return f"Window {window.id}: {window.rows:,} applications, {span(window.since, window.until)}"
