"""Numbers and moments as people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

NONE = "–"


def share(value: float | None) -> str:
    """0.1234 as 12.3%; less than half a tenth of a percent, but not nothing, as <0.1%."""
    if value is None:
        return NONE
    return "<0.1%" if 0 < value < 0.0005 else f"{value:.1%}"


def plain(value: float) -> str:
    """A limit with the digits that it has: 0.25."""
    return f"{value:g}"


def percent(value: float) -> str:
    """A share that is a limit: 0.3 as 30%."""
    return f"{100 * value:g}%"


def change(now: float, before: float) -> str:
    """The difference of two shares in points of a percent, with its sign."""
    points = round(100 * (now - before), 1)
    return "0.0" if points == 0 else f"{points:+.1f}".replace("-", "−")


def decimal(value: float | None, digits: int = 3) -> str:
    """A figure without a unit."""
    return NONE if value is None else f"{value:.{digits}f}".replace("-", "−")


def whole(value: float | None) -> str:
    """A count, in thousands."""
    return NONE if value is None else f"{value:,.0f}"


def moment(at: int | None) -> str:
    """Microseconds since 1970 as a date and a time, UTC."""
    return NONE if at is None else f"{_read(at):%Y-%m-%d %H:%M}"


def machine_moment(at: int) -> str:
    """The same for programs: ISO 8601."""
    return _read(at).isoformat(timespec="seconds")


def short_moment(at: int, span: int) -> str:
    """A moment beside others that are `span` microseconds apart in all: no more of it than tells them apart."""
    days = span / 86_400e6
    return f"{_read(at):%H:%M}" if days < 1 else f"{_read(at):%d %b}" if days < 300 else f"{_read(at):%b %Y}"


def span(since: int, until: int) -> str:
    """From one moment to another; a day is not said twice."""
    if _read(since).date() == _read(until).date():
        return f"{moment(since)} to {_read(until):%H:%M} UTC"
    return f"{moment(since)} to {moment(until)} UTC"


def path(*parts: str) -> str:
    """A link below /review to what these ids and names say."""
    return "/".join(["/review", *(quote(part, safe="") for part in parts)])


def _read(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1e6, UTC)
