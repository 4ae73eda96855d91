"""Records in SQL, and their reported outcomes.

A write is answered only when its commit is on disk, because a predictor deletes the records that were acknowledged.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    case,
    delete,
    func,
    literal,
    select,
    update,
)

from monitoring.intake.completeness import Completeness, completeness
from monitoring.intake.frames import LogFrames, check_shape, row, segment_of
from monitoring.intake.outcomes import ReportedOutcome, check_outcome
from monitoring.store.database import Database
from monitoring.store.tables import facts, forgotten, forgotten_clients, outcomes, records, schemas, segments
from serving.records import Record, Schema, SegmentReport

T = TypeVar("T")

_AT_ONCE = 1000
"""Ids in one statement: databases limit the number of parameters."""


class Receipt(NamedTuple):
    """How many records of a batch were new, and how many were duplicates."""

    received: int
    duplicates: int


class OutcomeReceipt(NamedTuple):
    """How many outcomes of a request were new or changed; the rest was known already."""

    new: int
    changed: int


class StoreStatus(NamedTuple):
    """How many records are in the store, and how many are missing; times are microseconds since 1970."""

    account: Completeness
    stored: int
    versions: dict[str, int]
    """Number of records by model version."""
    forgotten: int
    expired: int
    oldest: int | None
    newest: int | None


class Store:
    """The records of one database. Its methods block, so call them in a thread."""

    def __init__(self, database: Database, retention_days: float) -> None:
        self.database = database
        self._insert = database.insert
        self._retention = int(retention_days * 86_400e6)

    def ingest(self, batch: LogFrames, report: SegmentReport | None) -> Receipt:
        """Store a batch, all or nothing; records that are stored already do not change.

        Raises RequestError for records that do not fit their schemas.
        """
        ids = [record.id for record in batch.records] + list(batch.forgotten)
        new: set[str] = set()
        with self.database.writing() as connection:
            self._learn(connection, batch)
            for some in _slices(batch.records):
                new |= self._add(connection, some)
            for erased in _slices(batch.forgotten):
                new |= self._erase(connection, erased)
            latest = max((record.at for record in batch.records), default=0)
            self._account(connection, ids, new, latest, report)
        return Receipt(len(new), len(ids) - len(new))

    def tell(self, outcomes: Sequence[ReportedOutcome]) -> OutcomeReceipt:
        """Store outcomes, all or nothing. An equal outcome changes nothing; a different one replaces the earlier one.

        Raises RequestError for an outcome that does not fit its record, or whose record is missing.
        """
        new = changed = 0
        with self.database.writing() as connection:
            for some in _slices(outcomes):
                answered, known = _answered(connection, some), _known(connection, some)
                for outcome in some:
                    check_outcome(outcome, answered.get(outcome.record))
                fresh = [
                    outcome for outcome in some if known.get(outcome.record) != (outcome.defaulted, outcome.explored)
                ]
                new += sum(outcome.record not in known for outcome in fresh)
                changed += sum(outcome.record in known for outcome in fresh)
                self._replace_outcomes(connection, fresh)
        return OutcomeReceipt(new, changed)

    def forget(self, client: int) -> int:
        """Erase a client's records, also older ones that arrive later; returns how many were stored."""
        now = _now()
        with self.database.writing() as connection:
            tombstone = self._insert(forgotten_clients).values(client=client, at=now)
            connection.execute(tombstone.on_conflict_do_update(index_elements=["client"], set_={"at": now}))
            ids = connection.scalars(delete(records).where(records.c.client == client).returning(records.c.id)).all()
            for some in _slices(ids):
                connection.execute(delete(outcomes).where(outcomes.c.record.in_(some)))
                connection.execute(
                    self._insert(forgotten).on_conflict_do_nothing(), [{"id": key, "at": now} for key in some]
                )
        return len(ids)

    def expire(self) -> int:
        """Delete everything older than the retention; returns how many records."""
        before = _now() - self._retention
        with self.database.writing() as connection:
            old = select(records.c.id).where(records.c.at < before)
            connection.execute(delete(outcomes).where(outcomes.c.record.in_(old)))
            count = connection.execute(delete(records).where(records.c.at < before)).rowcount
            for table in (forgotten, forgotten_clients):
                connection.execute(delete(table).where(table.c.at < before))
            # Only segments whose records are all deleted, so that completeness describes the remaining records.
            connection.execute(delete(segments).where(segments.c.answered_at < before, segments.c.seen < before))
            connection.execute(update(facts).where(facts.c.name == "expired").values(value=facts.c.value + count))
        return count

    def status(self) -> StoreStatus:
        """How many records are in the store, and how many are missing."""
        with self.database.reading() as connection:
            account = completeness(connection.execute(select(segments)).mappings())
            versions = connection.execute(select(records.c.version, func.count()).group_by(records.c.version)).all()
            # Two queries, because the index gives one end quickly, but not both in one query.
            oldest, newest = (connection.scalar(select(end(records.c.at))) for end in (func.min, func.max))
            erased = connection.scalar(select(func.count()).select_from(forgotten))
            expired = connection.scalar(select(facts.c.value).where(facts.c.name == "expired"))
        counts: dict[str, int] = dict(sorted(map(tuple, versions)))
        return StoreStatus(account, sum(counts.values()), counts, erased or 0, expired or 0, oldest, newest)

    def completeness(self, since: int) -> Completeness:
        """The completeness of the segments that have, or should have, records of a time or later."""
        late = select(segments).where(segments.c.answered_at >= since)
        with self.database.reading() as connection:
            return completeness(connection.execute(late).mappings())

    def rows(self, query: Select[Any]) -> Sequence[RowMapping]:
        """A query's rows, as mappings by column."""
        with self.database.reading() as connection:
            return connection.execute(query).mappings().all()

    def schemas(self, ids: set[str]) -> dict[str, Schema]:
        """The schemas with these ids; unknown ids are left out."""
        with self.database.reading() as connection:
            return schemas_of(connection, ids)

    def _replace_outcomes(self, connection: Connection, some: Sequence[ReportedOutcome]) -> None:
        if some:
            rows = [{**msgspec.structs.asdict(outcome), "told_at": _now()} for outcome in some]
            statement = self._insert(outcomes)
            names = ("defaulted", "explored", "told_at")
            values = {name: statement.excluded[name] for name in names}
            connection.execute(statement.on_conflict_do_update(index_elements=["record"], set_=values), rows)

    def _learn(self, connection: Connection, batch: LogFrames) -> None:
        """Store a batch's schemas, and check its records against their schemas."""
        known = {schema.id: schema for schema in batch.schemas}
        if known:
            rows = [{"id": key, "names": msgspec.msgpack.encode(schema)} for key, schema in known.items()]
            connection.execute(self._insert(schemas).on_conflict_do_nothing(), rows)
        known |= schemas_of(connection, {record.schema for record in batch.records} - known.keys())
        for record in batch.records:
            check_shape(record, known.get(record.schema))

    def _add(self, connection: Connection, some: Sequence[Record]) -> set[str]:
        """Insert records; returns the ids that were new. Of a forgotten client's record only the id is stored."""
        ids = [record.id for record in some]
        gone = _forgotten_at(connection, some)
        late = {r.id for r in some if r.at <= gone.get(r.client, -1)}
        old = {r.id for r in some if r.at < _now() - self._retention} - late
        erased = set(connection.scalars(select(forgotten.c.id).where(forgotten.c.id.in_(ids))))
        rows = [row(record) for record in some if record.id not in erased | late | old]
        new = self._new(connection, records, rows)
        return new | self._erase(connection, sorted(late)) | old

    def _erase(self, connection: Connection, ids: Sequence[str]) -> set[str]:
        """Note ids as forgotten and delete their records; returns the ids that were new."""
        connection.execute(delete(outcomes).where(outcomes.c.record.in_(ids)))
        there = connection.scalars(delete(records).where(records.c.id.in_(ids)).returning(records.c.id)).all()
        now = _now()
        return self._new(connection, forgotten, [{"id": key, "at": now} for key in ids]) - set(there)

    def _new(self, connection: Connection, table: Table, rows: Sequence[dict[str, object]]) -> set[str]:
        """Insert rows; returns the ids of the new rows."""
        if not rows:
            return set()
        return set(connection.scalars(self._insert(table).on_conflict_do_nothing().returning(table.c.id), rows))

    def _account(
        self, connection: Connection, ids: Sequence[str], new: set[str], latest: int, report: SegmentReport | None
    ) -> None:
        """Add a batch to its segment's counts; without a report, to the segments in the ids."""
        sent = Counter(report.segment if report else segment_of(key) for key in ids)
        fresh = Counter(report.segment if report else segment_of(key) for key in new)
        now = _now()
        rows = [
            {
                "name": name,
                "answered": report.answered if report else 0,
                "answered_at": report.newest if report else 0,
                "received": fresh[name],
                # Before any record arrives, the lag counts from the newest answered record of the first report.
                "received_at": latest or (report.newest if report else 0),
                "duplicates": sent[name] - fresh[name],
                "seen": now,
            }
            for name in sorted(sent.keys() | ({report.segment} if report else set()))
        ]
        if rows:
            statement = self._insert(segments)
            added = {name: segments.c[name] + statement.excluded[name] for name in ("received", "duplicates")}
            raised = {name: _larger(segments.c[name], statement.excluded[name]) for name in _RAISED}
            raised["received_at"] = _larger(segments.c.received_at, literal(latest))
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=added | raised), rows)


_RAISED = ("answered", "answered_at", "seen")


def schemas_of(connection: Connection, ids: Iterable[str]) -> dict[str, Schema]:
    rows = connection.execute(select(schemas.c.id, schemas.c.names).where(schemas.c.id.in_(list(ids))))
    return {key: msgspec.msgpack.decode(names, type=Schema) for key, names in rows}


def _answered(connection: Connection, some: Iterable[ReportedOutcome]) -> dict[str, bool]:
    """Whether the application was refused, by record."""
    table = records
    ids = [outcome.record for outcome in some]
    rows = connection.execute(select(table.c.id, table.c.probability >= table.c.threshold).where(table.c.id.in_(ids)))
    return {key: bool(refused) for key, refused in rows}


def _known(connection: Connection, some: Iterable[ReportedOutcome]) -> dict[str, tuple[bool, float | None]]:
    """The outcomes reported before, by record."""
    ids = [outcome.record for outcome in some]
    table = outcomes
    rows = connection.execute(
        select(table.c.record, table.c.defaulted, table.c.explored).where(table.c.record.in_(ids))
    )
    return {key: (defaulted, explored) for key, defaulted, explored in rows}


def _forgotten_at(connection: Connection, some: Iterable[Record]) -> dict[int | None, int]:
    """When the records' forgotten clients were forgotten, by client."""
    table = forgotten_clients
    clients = {record.client for record in some} - {None}
    rows = connection.execute(select(table.c.client, table.c.at).where(table.c.client.in_(list(clients))))
    return {row.client: row.at for row in rows}


def _larger(left: ColumnElement[int], right: ColumnElement[int]) -> ColumnElement[int]:
    return case((left < right, right), else_=left)


def _slices(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))


def _now() -> int:
    return time.time_ns() // 1000
