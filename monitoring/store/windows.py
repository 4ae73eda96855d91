"""Windows and cohorts in SQL, and which version is live.

Figures are written once. If two monitors on one database close the same window, one of them writes its figures and the
other uses these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, Table, func, select, true, tuple_

from monitoring.judging.spans import START, Edge, Open, Span
from monitoring.store.database import Database
from monitoring.store.tables import cohorts, live, outcomes, records, windows
from monitoring.verdict import Cohort, Window

_SILENCE = 600_000_000
"""Microseconds that the version reported as live may be silent while another version answers. A promotion tries a
version for some seconds before it reports it. If the silence is longer, a report was lost."""


class Archive:
    """The windows and cohorts of one database. Its methods block, so call them in a thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tell_live(self, version: str, now: int) -> None:
        """Note that a version is live. If it was live already, the time since when stays the same."""
        values = {"version": version, "at": self.live_since() if self.live() == version else now}
        with self._database.writing() as connection:
            statement = self._database.insert(live).values(number=1, **values)
            connection.execute(statement.on_conflict_do_update(index_elements=["number"], set_=values))

    def live(self) -> str | None:
        """Return the live version: the one that a promotion reported last.

        If none was reported, or it has been silent for 10 minutes while another version answered, return the version of
        the newest record. None if there are no records.
        """
        query = select(records.c.version, records.c.at).order_by(records.c.at.desc(), records.c.id.desc()).limit(1)
        with self._database.reading() as connection:
            reported, latest = connection.execute(select(live)).first(), connection.execute(query).first()
            if reported is None or latest is None:
                known: str | None = reported.version if reported else latest.version if latest else None
                return known
            own = connection.scalar(select(func.max(records.c.at)).where(records.c.version == reported.version))
        lost = latest.at > max(reported.at, own or 0) + _SILENCE
        version: str = latest.version if lost else reported.version
        return version

    def live_since(self) -> int:
        """When the live version went live, or earlier, in microseconds since 1970; 0 if that was never reported."""
        with self._database.reading() as connection:
            return connection.scalar(select(live.c.at)) or 0

    def first(self, version: str, since: int) -> int:
        """The number of a version's first window that ended at a time or later; without one, of its next window."""
        query = select(func.min(windows.c.number)).where(windows.c.version == version, windows.c.end_at >= since)
        with self._database.reading() as connection:
            number = connection.scalar(query)
        return number or self.counts(version)[0] + 1

    def versions(self) -> tuple[str, ...]:
        """Versions that have records."""
        versions: list[str] = []
        with self._database.reading() as connection:
            # One step through the index per version; DISTINCT would read every record.
            while (name := connection.scalar(select(func.min(records.c.version)).where(_behind(versions)))) is not None:
                versions.append(name)
        return tuple(versions)

    def open(self, version: str, rows: int) -> Open | None:
        """The records of a version after its last window; None if there are none. A full window has `rows` records."""
        query = select(windows).where(windows.c.version == version).order_by(windows.c.number.desc()).limit(1)
        with self._database.reading() as connection:
            closed = connection.execute(query).first()
            after = START if closed is None else Edge(closed.end_at, closed.end_id)
            place = tuple_(records.c.at, records.c.id)
            behind = select(records.c.at, records.c.id).where(records.c.version == version, place > after).limit(1)
            upwards = behind.order_by(records.c.at, records.c.id)
            first = _edge(connection.execute(upwards).first())
            last = _edge(connection.execute(behind.order_by(records.c.at.desc(), records.c.id.desc())).first())
            full = _edge(connection.execute(upwards.offset(rows - 1)).first())
        if first is None or last is None:
            return None
        return Open(1 if closed is None else closed.number + 1, after, first, last, full)

    def count(self, version: str, after: Edge) -> int:
        """Number of a version's records after an edge."""
        place = tuple_(records.c.at, records.c.id)
        query = select(func.count()).where(records.c.version == version, place > after)
        with self._database.reading() as connection:
            return connection.scalar(query) or 0

    def add_window(self, window: Window, span: Span, now: int) -> None:
        """Store a window's figures, if they are not stored already."""
        row = {"after_at": span.after.at, "after_id": span.after.id, "end_at": span.end.at, "end_id": span.end.id}
        self._add(windows, window, row | {"at": now})

    def add_cohort(self, cohort: Cohort, now: int) -> None:
        """Store a cohort's figures, if they are not stored already."""
        self._add(cohorts, cohort, {"at": now})

    def span(self, id: str) -> Span | None:  # noqa: A002 - the column's name
        """The edges of a window's records; None if there is no such window."""
        with self._database.reading() as connection:
            row = connection.execute(select(windows).where(windows.c.id == id)).first()
        return None if row is None else _span(row)

    def unfollowed(self, version: str) -> tuple[Span, ...]:
        """Windows that are not closed cohorts yet, oldest first."""
        query = select(windows).where(windows.c.version == version, windows.c.id.not_in(select(cohorts.c.id)))
        with self._database.reading() as connection:
            return tuple(map(_span, connection.execute(query.order_by(windows.c.number))))

    def windows(self, version: str, most: int) -> tuple[Window, ...]:
        """A version's last windows, oldest first."""
        query = select(windows.c.content).where(windows.c.version == version)
        return tuple(msgspec.json.decode(text, type=Window) for text in self._last(query, windows, most))

    def cohorts(self, version: str, most: int) -> tuple[Cohort, ...]:
        """A version's last cohorts, oldest first."""
        query = select(cohorts.c.content).where(cohorts.c.version == version)
        return tuple(msgspec.json.decode(text, type=Cohort) for text in self._last(query, cohorts, most))

    def counts(self, version: str) -> tuple[int, int]:
        """The number of a version's windows and of its cohorts."""
        with self._database.reading() as connection:
            numbers = [
                connection.scalar(select(func.count()).where(table.c.version == version))
                for table in (windows, cohorts)
            ]
        return numbers[0] or 0, numbers[1] or 0

    def last_outcome_at(self) -> int:
        """When an outcome was last reported, in microseconds since 1970; 0 before any."""
        with self._database.reading() as connection:
            return connection.scalar(select(func.max(outcomes.c.told_at))) or 0

    def _add(self, table: Table, made: Window | Cohort, row: dict[str, object]) -> None:
        row |= {"id": made.id, "version": made.version, "number": made.number}
        # A figure may be a numpy float, which msgspec cannot encode.
        row["content"] = msgspec.json.encode(made, enc_hook=float).decode()
        with self._database.writing() as connection:
            connection.execute(self._database.insert(table).values(row).on_conflict_do_nothing())

    def _last(self, query: Select[Any], table: Table, most: int) -> Sequence[str]:
        with self._database.reading() as connection:
            contents: Sequence[str] = connection.scalars(query.order_by(table.c.number.desc()).limit(most)).all()
        return contents[::-1]


def _behind(versions: Sequence[str]) -> ColumnElement[bool]:
    return records.c.version > versions[-1] if versions else true()


def _edge(row: Any) -> Edge | None:
    return None if row is None else Edge(row[0], row[1])


def _span(row: Any) -> Span:
    return Span(row.version, row.number, Edge(row.after_at, row.after_id), Edge(row.end_at, row.end_id))
