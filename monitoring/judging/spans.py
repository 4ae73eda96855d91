"""Where windows begin and end.

A window is all records of a version between two edges: the first is exclusive, the second inclusive. An edge is a
record's place in the order of time and id. So consecutive windows share no record and leave no record out.
"""

from __future__ import annotations

from typing import NamedTuple


class Edge(NamedTuple):
    """A record's place in the order of time and id."""

    at: int
    id: str


START = Edge(-1, "")
"""The place before all records."""


class Span(NamedTuple):
    """The records of a window, by its edges."""

    version: str
    number: int
    after: Edge
    end: Edge

    @property
    def id(self) -> str:
        """The window's id."""
        return f"{self.version}-{self.number}"


class Open(NamedTuple):
    """The records of a version that are not in a window yet."""

    number: int
    """The number of the window that they will be in."""
    after: Edge
    first: Edge
    last: Edge
    full: Edge | None
    """The record that makes the window full; None if there are fewer records."""


class Due(NamedTuple):
    """A window that is due to be closed."""

    edge: Edge
    """The window's last record."""
    at: int
    """When it became due, in microseconds since 1970."""


def due(records: Open, now: int, hours: float) -> Due | None:
    """The end of a window that is full or old enough; None if it stays open. `now` is in microseconds since 1970."""
    if records.full is not None:
        return Due(records.full, records.full.at)
    old = records.first.at + int(hours * 3600e6)
    return Due(records.last, old) if now >= old else None
