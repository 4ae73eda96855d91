"""Turns a request's frames into rows, and checks them so that no row can fail in the store."""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec

from monitoring.errors import RequestError
from serving.records import (
    ANSWERED_HEADER,
    NEWEST_HEADER,
    SEGMENT_HEADER,
    Forgotten,
    Record,
    RecordError,
    Schema,
    SegmentReport,
    read,
)

_INT64 = range(-(2**63), 2**63)
_TIMES = range(253_402_300_800_000_000)
"""Microseconds from 1970 to the year 10000: the times that can be shown as a date."""


class LogFrames(NamedTuple):
    """The content of one request."""

    schemas: tuple[Schema, ...]
    records: tuple[Record, ...]
    forgotten: tuple[str, ...]
    """Ids of records that were not sent because their client was forgotten first."""


def parse(body: bytes) -> LogFrames:
    """A body's frames. Raises RequestError, which names the offset, for invalid or incomplete frames."""
    schemas: list[Schema] = []
    records: list[Record] = []
    forgotten: list[str] = []
    end = 0
    try:
        for behind, entry in read(body):
            if isinstance(entry, Schema):
                schemas.append(entry)
            elif isinstance(entry, Forgotten):
                forgotten.append(_text("id", entry.id))
            else:
                records.append(_checked(entry))
            end = behind
    except RecordError as error:
        raise RequestError(f"body: expected frames of records, got a {error}") from error
    if end != len(body):
        raise RequestError(
            f"body: expected frames of records to its end, got {len(body) - end} other bytes at byte {end}"
        )
    return LogFrames(tuple(schemas), tuple(records), tuple(forgotten))


def report(segment: str | None, answered: str | None, newest: str | None) -> SegmentReport | None:
    """A report from its three headers; None if there is no segment. Raises RequestError for an invalid number."""
    if segment is None:
        return None
    return SegmentReport(
        _text(SEGMENT_HEADER, segment), _count(ANSWERED_HEADER, answered), _count(NEWEST_HEADER, newest)
    )


def check_shape(record: Record, schema: Schema | None) -> None:
    """Raises RequestError for a record whose arrays do not have the lengths of its schema, or that has no schema."""
    if schema is None:
        raise RequestError(f"record {record.id}: schema: expected one that was sent before, got {record.schema!r}")
    due = (4 * len(schema.numeric), len(schema.categorical), 4 * len(schema.history))
    got = (len(record.numeric), len(record.categorical), len(record.history))
    if got != due:
        raise RequestError(
            f"record {record.id}: arrays: expected {due[0]} bytes, {due[1]} categories and {due[2]} bytes, "
            f"as its schema says, got {got[0]}, {got[1]} and {got[2]}"
        )


def row(record: Record) -> dict[str, object]:
    """A record as a row of the table of records."""
    values = msgspec.structs.asdict(record)
    values["categorical"] = msgspec.msgpack.encode(record.categorical)
    values["warnings"] = msgspec.json.encode(record.warnings).decode()
    return values


def segment_of(id: str) -> str:  # noqa: A002 - the field's name
    """The name of the segment in a record's id."""
    return id.rpartition("-")[0]


def _checked(record: Record) -> Record:
    for field in ("id", "request", "model", "version", "schema", "decision"):
        _text(f"record {record.id!r}: {field}", getattr(record, field))
    if record.client is not None and record.client not in _INT64:
        raise RequestError(f"record {record.id}: client: expected 64 bits, got a longer whole number")
    if record.at not in _TIMES:
        raise RequestError(f"record {record.id}: at: expected microseconds since 1970, got {record.at}")
    for field in ("probability", "margin", "threshold"):
        if not math.isfinite(getattr(record, field)):
            raise RequestError(f"record {record.id}: {field}: expected a finite number, got {getattr(record, field)}")
    return record


def _text(field: str, value: str) -> str:
    if "\x00" in value:
        raise RequestError(f"{field}: expected text without NUL, got {value!r}")
    return value


def _count(name: str, value: str | None) -> int:
    if value is None or not (value.isascii() and value.isdigit()) or len(value) > 18:
        raise RequestError(f"{name}: expected a whole number of at most 18 digits, got {value!r}")
    return int(value)
