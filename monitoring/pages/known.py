"""Reads the facts from the monitor's database."""

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
"""Most windows that are read. A window with 370 columns takes about a millisecond."""
_VERDICTS = 200


class StoredFacts:
    """The facts of one store."""

    def __init__(self, store: Store, archive: Archive, judgements: Judgements, limits: Limits) -> None:
        self._store, self._archive, self._judgements, self._limits = store, archive, judgements, limits

    def facts(self, window: str | None = None, verdict: str | None = None) -> Facts:
        """The latest facts, and also the window and the verdict with these ids, even if they are old.

        Raises StoreError.
        """
        judged = self._judgements.judged(self._read(_latest(verdicts, _VERDICTS, verdict)))
        wanted = next((row.verdict.window for row in judged if row.verdict.id == verdict), window)
        decoded = [
            msgspec.json.decode(row["content"], type=Window) for row in self._read(_latest(windows, _WINDOWS, wanted))
        ]
        outcomes = [
            msgspec.json.decode(row["content"], type=Cohort) for row in self._read(_latest(cohorts, _WINDOWS, wanted))
        ]
        status, live = self._store.status(), self._archive.live()
        return Facts(
            windows=tuple(sorted(decoded, key=lambda window: (window.since, window.number))),
            earlier=max(self._read(select(func.count().label("all")).select_from(windows))[0]["all"] - len(decoded), 0),
            cohorts=tuple(sorted(outcomes, key=lambda cohort: cohort.closed_at)),
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


def _latest(table: Table, most: int, wanted: str | None) -> Select[Any]:
    """A query for the last rows, newest first, and the row with the wanted id."""
    some = select(table.c.id).order_by(table.c.at.desc(), table.c.id.desc()).limit(most).subquery()
    chosen = or_(table.c.id.in_(select(some.c.id)), table.c.id == wanted)
    return select(table).where(chosen).order_by(table.c.at.desc(), table.c.id.desc())
