"""Windows and cohorts in SQL, and which version is live.

A figure is written once: of two monitors on one database that close the same window, one writes it and the other takes
over what is written.
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
"""Microseconds that the version said to be live may be silent while another one answers. A promotion tries a version
for seconds before it says so; after more, its word was lost."""


class Archive:
    """What was found out of one database's records; its methods block, so call them in a thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tell_live(self, version: str, now: int) -> None:
        """Note that a version is live, and since when unless it was so already."""
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
            told, latest = connection.execute(select(live)).first(), connection.execute(query).first()
            if told is None or latest is None:
                found: str | None = told.version if told else latest.version if latest else None
                return found
            own = connection.scalar(select(func.max(records.c.at)).where(records.c.version == told.version))
        lost = latest.at > max(told.at, own or 0) + _SILENCE
        version: str = latest.version if lost else told.version
        return version

    def live_since(self) -> int:
        """When the live version went live, or before that; microseconds since 1970, 0 where nobody said."""
        with self._database.reading() as connection:
            return connection.scalar(select(live.c.at)) or 0

    def first(self, version: str, since: int) -> int:
        """The number of a version's first window that ended since a time, or that its next one will have."""
        query = select(func.min(windows.c.number)).where(windows.c.version == version, windows.c.end_at >= since)
        with self._database.reading() as connection:
            found = connection.scalar(query)
        return found or self.counts(version)[0] + 1

    def versions(self) -> tuple[str, ...]:
        """Those that have records."""
        found: list[str] = []
        with self._database.reading() as connection:
            # One step through the index a version, where DISTINCT would look at every record.
            while (one := connection.scalar(select(func.min(records.c.version)).where(_behind(found)))) is not None:
                found.append(one)
        return tuple(found)

    def open(self, version: str, rows: int) -> Open | None:
        """The records of a version behind its last window; None where there are none. A full window has `rows`."""
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
        """Records of a version behind an edge."""
        place = tuple_(records.c.at, records.c.id)
        query = select(func.count()).where(records.c.version == version, place > after)
        with self._database.reading() as connection:
            return connection.scalar(query) or 0

    def add_window(self, window: Window, span: Span, now: int) -> None:
        """Keep a window's figures, unless somebody did."""
        row = {"after_at": span.after.at, "after_id": span.after.id, "end_at": span.end.at, "end_id": span.end.id}
        self._add(windows, window, row | {"at": now})

    def add_cohort(self, cohort: Cohort, now: int) -> None:
        """Keep a cohort's figures, unless somebody did."""
        self._add(cohorts, cohort, {"at": now})

    def span(self, id: str) -> Span | None:  # noqa: A002 - the column's name
        """Where a window's records are; None where there is no such window."""
        with self._database.reading() as connection:
            row = connection.execute(select(windows).where(windows.c.id == id)).first()
        return None if row is None else _span(row)

    def unfollowed(self, version: str) -> tuple[Span, ...]:
        """Windows that are no cohorts yet, oldest first."""
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
        """A version's windows and cohorts."""
        with self._database.reading() as connection:
            found = [
                connection.scalar(select(func.count()).where(table.c.version == version))
                for table in (windows, cohorts)
            ]
        return found[0] or 0, found[1] or 0

    def last_told(self) -> int:
        """When an outcome was told last; 0 before any."""
        with self._database.reading() as connection:
            return connection.scalar(select(func.max(outcomes.c.told_at))) or 0

    def _add(self, table: Table, made: Window | Cohort, row: dict[str, object]) -> None:
        row |= {"id": made.id, "version": made.version, "number": made.number}
        # A figure may be a float of numpy, which is none to msgspec.
        row["content"] = msgspec.json.encode(made, enc_hook=float).decode()
        with self._database.writing() as connection:
            connection.execute(self._database.insert(table).values(row).on_conflict_do_nothing())

    def _last(self, query: Select[Any], table: Table, most: int) -> Sequence[str]:
        with self._database.reading() as connection:
            found: Sequence[str] = connection.scalars(query.order_by(table.c.number.desc()).limit(most)).all()
        return found[::-1]


def _behind(found: Sequence[str]) -> ColumnElement[bool]:
    return records.c.version > found[-1] if found else true()


def _edge(row: Any) -> Edge | None:
    return None if row is None else Edge(row[0], row[1])


def _span(row: Any) -> Span:
    return Span(row.version, row.number, Edge(row.after_at, row.after_id), Edge(row.end_at, row.end_id))
