"""Formats numbers and times for people."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

NONE = "–"


def share(value: float | None) -> str:
    """0.1234 as 12.3%; a share above 0 and below 0.05% as <0.1%."""
    if value is None:
        return NONE
    return "<0.1%" if 0 < value < 0.0005 else f"{value:.1%}"


def plain(value: float) -> str:
    """A limit with only the digits it needs: 0.25."""
    return f"{value:g}"


def percent(value: float) -> str:
    """A share that is a limit: 0.3 as 30%."""
    return f"{100 * value:g}%"


def change(now: float, before: float) -> str:
    """The difference of two shares in percentage points, with its sign."""
    points = round(100 * (now - before), 1)
    return "0.0" if points == 0 else f"{points:+.1f}".replace("-", "−")


def decimal(value: float | None, digits: int = 3) -> str:
    """A figure without a unit."""
    return NONE if value is None else f"{value:.{digits}f}".replace("-", "−")


def whole(value: float | None) -> str:
    """A count, with commas between thousands."""
    return NONE if value is None else f"{value:,.0f}"


def moment(at: int | None) -> str:
    """Microseconds since 1970 as a date and a time, UTC."""
    return NONE if at is None else f"{_read(at):%Y-%m-%d %H:%M}"


def machine_moment(at: int) -> str:
    """Microseconds since 1970 for programs, as ISO 8601."""
    return _read(at).isoformat(timespec="seconds")


def short_moment(at: int, span: int) -> str:
    """A moment on an axis that covers `span` microseconds, with only the parts that distinguish its moments."""
    days = span / 86_400e6
    return f"{_read(at):%H:%M}" if days < 1 else f"{_read(at):%d %b}" if days < 300 else f"{_read(at):%b %Y}"


def span(since: int, until: int) -> str:
    """From one moment to another; if both are on one day, the date appears once."""
    if _read(since).date() == _read(until).date():
        return f"{moment(since)} to {_read(until):%H:%M} UTC"
    return f"{moment(since)} to {moment(until)} UTC"


def path(*parts: str) -> str:
    """A link below /review, from ids and names."""
    return "/".join(["/review", *(quote(part, safe="") for part in parts)])


def _read(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1e6, UTC)
