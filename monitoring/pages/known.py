"""The facts, read from the monitor's database."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import RowMapping, Select, Table, func, or_, select

from monitoring.judging.rule import Limits
from monitoring.judging.spans import START, Edge
from monitoring.pages.source import Facts
from monitoring.store.records import Store
from monitoring.store.tables import cohorts, verdicts, windows
from monitoring.store.verdicts import Judgements
from monitoring.store.windows import Archive
from monitoring.verdict import Cohort, Window

_WINDOWS = 60
"""One of 370 columns takes about a millisecond to read."""
_VERDICTS = 200


class StoredFacts:
    """What one store holds."""

    def __init__(self, store: Store, archive: Archive, judgements: Judgements, limits: Limits) -> None:
        self._store, self._archive, self._judgements, self._limits = store, archive, judgements, limits

    def facts(self, window: str | None = None, verdict: str | None = None) -> Facts:
        """The latest of everything, and those of these ids however old they are. Raises StoreError."""
        judged = self._judgements.judged(self._read(_latest(verdicts, _VERDICTS, verdict)))
        asked = next((one.verdict.window for one in judged if one.verdict.id == verdict), window)
        found = [
            msgspec.json.decode(row["content"], type=Window) for row in self._read(_latest(windows, _WINDOWS, asked))
        ]
        outcomes = [
            msgspec.json.decode(row["content"], type=Cohort) for row in self._read(_latest(cohorts, _WINDOWS, asked))
        ]
        status, live = self._store.status(), self._archive.live()
        return Facts(
            windows=tuple(sorted(found, key=lambda one: (one.since, one.number))),
            earlier=max(self._read(select(func.count().label("all")).select_from(windows))[0]["all"] - len(found), 0),
            cohorts=tuple(sorted(outcomes, key=lambda one: one.closed_at)),
            verdicts=judged,
            live=live,
            answered=status.account.answered,
            missing=status.account.missing,
            waiting=0 if live is None else self._waiting(live),
            limits=self._limits,
        )

    def _waiting(self, version: str) -> int:
        last = _latest(windows, 1, None).where(windows.c.version == version)
        ends = [Edge(row["end_at"], row["end_id"]) for row in self._read(last)]
        return self._archive.count(version, ends[0] if ends else START)

    def _read(self, query: Select[Any]) -> list[RowMapping]:
        return list(self._store.rows(query))


def _latest(table: Table, most: int, asked: str | None) -> Select[Any]:
    """The last rows, newest first, and the one that was asked for."""
    some = select(table.c.id).order_by(table.c.at.desc(), table.c.id.desc()).limit(most).subquery()
    wanted = or_(table.c.id.in_(select(some.c.id)), table.c.id == asked)
    return select(table).where(wanted).order_by(table.c.at.desc(), table.c.id.desc())
