"""Reads the records of a window in steps, so that a large window is never in memory twice."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from sqlalchemy import RowMapping, Select, and_, func, select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from monitoring.judging.arrays import Chunk, arrange, batch, chunk
from monitoring.judging.spans import Edge, Span
from monitoring.store.database import Database
from monitoring.store.records import schemas_of
from monitoring.store.tables import outcomes, records
from serving.records import Schema
from training.bundle import Rows

_STEP = 2000
"""Number of records read at once: about 3 MB."""
_SMALL = ("id", "at", "probability", "threshold", "warnings", "history_status", "defaulted", "explored")


def read_chunk(database: Database, span: Span, wanted: Schema) -> Chunk:
    """A window's records with their known outcomes, in the columns of `wanted`."""
    parts: list[Rows] = []
    described: list[dict[str, object]] = []
    for some, schemas in _steps(database, span):
        parts.append(arrange(some, schemas, wanted))
        described += [{name: row[name] for name in _SMALL} for row in some]
    empty = arrange([], {}, wanted)
    rows = Rows(
        np.concatenate([part.numeric for part in parts or [empty]]),
        np.concatenate([part.categorical for part in parts or [empty]]),
        np.concatenate([part.history for part in parts or [empty]]),
    )
    return chunk(rows, described)


def stream(database: Database, span: Span) -> Iterator[bytes]:
    """A window's records as an Arrow IPC stream, in pieces; the columns are those of the first record."""
    sink = io.BytesIO()
    writer: pa.RecordBatchStreamWriter | None = None
    wanted = Schema((), (), ())
    for some, schemas in _steps(database, span):
        if writer is None:
            wanted = schemas[some[0]["schema"]]
        made = batch(some, schemas, wanted)
        writer = writer or pa.ipc.new_stream(sink, made.schema)
        writer.write_batch(made)
        yield _taken(sink)
    if writer is None:
        writer = pa.ipc.new_stream(sink, batch([], {}, wanted).schema)
    writer.close()
    yield _taken(sink)


def labelled(database: Database, span: Span) -> tuple[int, int]:
    """How many applications of a window were accepted, and how many of these have a known outcome."""
    joined = records.outerjoin(outcomes, outcomes.c.record == records.c.id)
    query = select(func.count(), func.count(outcomes.c.record)).select_from(joined)
    accepted = records.c.probability < records.c.threshold
    with database.reading() as connection:
        known = connection.execute(query.where(within(span), accepted)).one()
    return known[0], known[1]


def within(span: Span) -> ColumnElement[bool]:
    """The condition that a record belongs to a window."""
    place = tuple_(records.c.at, records.c.id)
    return and_(records.c.version == span.version, place > span.after, place <= span.end)


def _steps(database: Database, span: Span) -> Iterator[tuple[Sequence[RowMapping], dict[str, Schema]]]:
    """A window's records in order. No transaction stays open between two steps."""
    while True:
        with database.reading() as connection:
            some = connection.execute(_query(span)).mappings().all()
            schemas = schemas_of(connection, {row["schema"] for row in some})
        if some:
            yield some, schemas
        if len(some) < _STEP:
            return
        span = span._replace(after=Edge(some[-1]["at"], some[-1]["id"]))


def _query(span: Span) -> Select[tuple[object, ...]]:
    joined = records.outerjoin(outcomes, outcomes.c.record == records.c.id)
    columns = [column for column in records.c if column.name not in ("request", "explanation", "model")]
    query = select(*columns, outcomes.c.defaulted, outcomes.c.explored).select_from(joined).where(within(span))
    return query.order_by(records.c.at, records.c.id).limit(_STEP)


def _taken(sink: io.BytesIO) -> bytes:
    content = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return content
