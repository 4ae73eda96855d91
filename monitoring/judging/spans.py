"""Where windows begin and end.

A window is all records of a version between two edges, the first exclusive and the second inclusive; an edge is the
place of a record in the order of time and id. So windows that follow one another share no record and leave none out.
"""

from __future__ import annotations

from typing import NamedTuple


class Edge(NamedTuple):
    """A record's place."""

    at: int
    id: str


START = Edge(-1, "")
"""Before any record."""


class Span(NamedTuple):
    """Where a window's records are."""

    version: str
    number: int
    after: Edge
    end: Edge

    @property
    def id(self) -> str:
        """The window's."""
        return f"{self.version}-{self.number}"


class Open(NamedTuple):
    """The records of a version that are in no window yet."""

    number: int
    """That their window will have."""
    after: Edge
    first: Edge
    last: Edge
    full: Edge | None
    """The record that makes a window full; None where there are fewer."""


class Due(NamedTuple):
    """That a window is to be closed."""

    edge: Edge
    """Its last record."""
    at: int
    """Since when, in microseconds since 1970."""


def due(found: Open, now: int, hours: float) -> Due | None:
    """Where a window ends that is full or old enough; None where it stays open. `now` in microseconds since 1970."""
    if found.full is not None:
        return Due(found.full, found.full.at)
    old = found.first.at + int(hours * 3600e6)
    return Due(found.last, old) if now >= old else None
