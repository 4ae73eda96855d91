"""A heat map of columns by windows: which column drifted, when, and how much weight it has."""

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
    """Level of the colour, 0 to 3."""
    drifted: bool
    title: str
    href: str


@dataclass(frozen=True)
class HeatRow:
    """One column over the windows; a cell is None if the window's version does not have the column."""

    name: str
    href: str
    weight: float
    """The column's weight in the latest window."""
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Heading:
    """The heading of a window, above its cells."""

    number: int
    title: str
    href: str


@dataclass(frozen=True)
class Heat:
    """Everything the template needs."""

    versions: tuple[tuple[str, int], ...]
    """Each version with the number of windows below it."""
    windows: tuple[Heading, ...]
    rows: tuple[HeatRow, ...]
    """The score's row is first."""
    columns: int
    """Number of columns in the latest window, shown or not."""
    earlier: int
    """Number of windows that are not shown."""


def heat(windows: Sequence[Window], limits: Limits) -> Heat:
    """The latest windows, oldest first, with rows for the score and for the columns with the most drift or weight."""
    shown = windows[-MOST_WINDOWS:]
    by_name = [{column.name: column for column in window.columns} for window in shown]
    return Heat(
        versions=tuple((key, len(list(same))) for key, same in groupby(window.version for window in shown)),
        windows=tuple(Heading(window.number, _about(window), path("windows", window.id)) for window in shown),
        rows=(
            _row("score", shown, [window.score for window in shown], limits),
            *(_row(name, shown, [columns.get(name) for columns in by_name], limits) for name in telling(shown)),
        ),
        columns=len(shown[-1].columns),
        earlier=len(windows) - len(shown),
    )


def telling(windows: Sequence[Window]) -> list[str]:
    """Names of the columns that get a row: those with the most drift in any window, then those with the most weight."""
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
    """The level of the colour for a PSI: 0 below half of `watch_psi`, 3 from `retrain_psi` on."""
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
