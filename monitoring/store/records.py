"""Records in SQL, and the outcomes that are told of them.

A write is answered when its commit is on disk, because a predictor deletes what was acknowledged.
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
"""Ids in one statement: databases limit its parameters."""


class Receipt(NamedTuple):
    """What became of a batch."""

    received: int
    duplicates: int


class OutcomeReceipt(NamedTuple):
    """What became of the outcomes of one request; the rest was known already."""

    new: int
    changed: int


class StoreStatus(NamedTuple):
    """What is in the store and what is missing from it."""

    account: Completeness
    stored: int
    versions: dict[str, int]
    """Records by model version."""
    forgotten: int
    expired: int
    oldest: int | None
    newest: int | None


class Store:
    """The records of one database; its methods block, so call them in a thread."""

    def __init__(self, database: Database, retention_days: float) -> None:
        self.database = database
        self._insert = database.insert
        self._retention = int(retention_days * 86_400e6)

    def ingest(self, batch: LogFrames, report: SegmentReport | None) -> Receipt:
        """Store a batch, all or nothing; what is there already is left alone.

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
        """Store outcomes, all or nothing; the same again changes nothing, another one replaces what was told before.

        Raises RequestError for one that does not fit its record, or whose record is not there.
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
        """Erase a client's records, and what still arrives of the time before; returns how many were there."""
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
        """Delete what is past the retention; returns how many records."""
        before = _now() - self._retention
        with self.database.writing() as connection:
            old = select(records.c.id).where(records.c.at < before)
            connection.execute(delete(outcomes).where(outcomes.c.record.in_(old)))
            count = connection.execute(delete(records).where(records.c.at < before)).rowcount
            for table in (forgotten, forgotten_clients):
                connection.execute(delete(table).where(table.c.at < before))
            # Only segments whose records are all gone, so that completeness is that of what is kept.
            connection.execute(delete(segments).where(segments.c.answered_at < before, segments.c.seen < before))
            connection.execute(update(facts).where(facts.c.name == "expired").values(value=facts.c.value + count))
        return count

    def status(self) -> StoreStatus:
        """What is in the store and what is missing from it."""
        with self.database.reading() as connection:
            account = completeness(connection.execute(select(segments)).mappings())
            versions = connection.execute(select(records.c.version, func.count()).group_by(records.c.version)).all()
            # Two queries, because an index gives one end at once, but not both.
            oldest, newest = (connection.scalar(select(end(records.c.at))) for end in (func.min, func.max))
            erased = connection.scalar(select(func.count()).select_from(forgotten))
            expired = connection.scalar(select(facts.c.value).where(facts.c.name == "expired"))
        counts: dict[str, int] = dict(sorted(map(tuple, versions)))
        return StoreStatus(account, sum(counts.values()), counts, erased or 0, expired or 0, oldest, newest)

    def completeness(self, since: int) -> Completeness:
        """Of the segments that hold, or should hold, records of a time or later."""
        late = select(segments).where(segments.c.answered_at >= since)
        with self.database.reading() as connection:
            return completeness(connection.execute(late).mappings())

    def rows(self, query: Select[Any]) -> Sequence[RowMapping]:
        """A query's rows by column."""
        with self.database.reading() as connection:
            return connection.execute(query).mappings().all()

    def schemas(self, ids: set[str]) -> dict[str, Schema]:
        """The schemas with these ids, as far as they are known."""
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
        """Keep a batch's schemas and hold its records against theirs."""
        known = {schema.id: schema for schema in batch.schemas}
        if known:
            rows = [{"id": key, "names": msgspec.msgpack.encode(schema)} for key, schema in known.items()]
            connection.execute(self._insert(schemas).on_conflict_do_nothing(), rows)
        known |= schemas_of(connection, {record.schema for record in batch.records} - known.keys())
        for record in batch.records:
            check_shape(record, known.get(record.schema))

    def _add(self, connection: Connection, some: Sequence[Record]) -> set[str]:
        """Insert records; returns the ids that were not there. Those of forgotten clients leave their id alone."""
        ids = [record.id for record in some]
        gone = _forgotten_at(connection, some)
        late = {r.id for r in some if r.at <= gone.get(r.client, -1)}
        old = {r.id for r in some if r.at < _now() - self._retention} - late
        erased = set(connection.scalars(select(forgotten.c.id).where(forgotten.c.id.in_(ids))))
        rows = [row(record) for record in some if record.id not in erased | late | old]
        new = self._new(connection, records, rows)
        return new | self._erase(connection, sorted(late)) | old

    def _erase(self, connection: Connection, ids: Sequence[str]) -> set[str]:
        """Note ids as forgotten and delete what is there of them; returns the ids that were not there at all."""
        connection.execute(delete(outcomes).where(outcomes.c.record.in_(ids)))
        there = connection.scalars(delete(records).where(records.c.id.in_(ids)).returning(records.c.id)).all()
        now = _now()
        return self._new(connection, forgotten, [{"id": key, "at": now} for key in ids]) - set(there)

    def _new(self, connection: Connection, table: Table, rows: Sequence[dict[str, object]]) -> set[str]:
        """Insert rows; returns the ids of those that were not there."""
        if not rows:
            return set()
        return set(connection.scalars(self._insert(table).on_conflict_do_nothing().returning(table.c.id), rows))

    def _account(
        self, connection: Connection, ids: Sequence[str], new: set[str], latest: int, report: SegmentReport | None
    ) -> None:
        """Count for the segment that a batch is from; without a report, for those that gave the ids."""
        sent = Counter(report.segment if report else segment_of(key) for key in ids)
        fresh = Counter(report.segment if report else segment_of(key) for key in new)
        now = _now()
        rows = [
            {
                "name": name,
                "answered": report.answered if report else 0,
                "answered_at": report.newest if report else 0,
                "received": fresh[name],
                # Before anything came, it trails from what was first said to be answered.
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
    """By record, whether the application was refused."""
    table = records
    ids = [outcome.record for outcome in some]
    found = connection.execute(select(table.c.id, table.c.probability >= table.c.threshold).where(table.c.id.in_(ids)))
    return {key: bool(refused) for key, refused in found}


def _known(connection: Connection, some: Iterable[ReportedOutcome]) -> dict[str, tuple[bool, float | None]]:
    """By record, what was told of it before."""
    ids = [outcome.record for outcome in some]
    table = outcomes
    found = connection.execute(
        select(table.c.record, table.c.defaulted, table.c.explored).where(table.c.record.in_(ids))
    )
    return {key: (defaulted, explored) for key, defaulted, explored in found}


def _forgotten_at(connection: Connection, some: Iterable[Record]) -> dict[int | None, int]:
    """When those of the records' clients who were forgotten were."""
    table = forgotten_clients
    clients = {record.client for record in some} - {None}
    rows = connection.execute(select(table.c.client, table.c.at).where(table.c.client.in_(list(clients))))
    return {row.client: row.at for row in rows}


def _larger(one: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[int]:
    return case((one < other, other), else_=one)


def _slices(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))


def _now() -> int:
    return time.time_ns() // 1000
