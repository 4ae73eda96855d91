"""Queries for a page of records or of a list, and a record as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec
import numpy as np
from sqlalchemy import Select, Table, select, tuple_

from monitoring.errors import RequestError
from monitoring.store.tables import records
from serving.records import Schema

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"(?P<at>-?[0-9]{1,18}):(?P<id>.+)")
_ARRAYS = ("numeric", "categorical", "history")


class Filters(NamedTuple):
    """The values that a record must have; None accepts any value."""

    id: str | None = None
    request: str | None = None
    version: str | None = None
    decision: str | None = None
    client: int | None = None
    history_status: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive, so that consecutive periods share no record."""


class Page(NamedTuple):
    """The requested part of the records, latest first."""

    limit: int
    cursor: str | None
    fields: bool


def statement(filters: Filters, page: Page) -> Select[Any]:
    """A query for one row more than the page; the extra row shows whether there is a next page.

    Raises RequestError for an invalid cursor.
    """
    query = select(records).order_by(records.c.at.desc(), records.c.id.desc()).limit(page.limit + 1)
    for name in ("id", "request", "version", "decision", "client", "history_status"):
        value = getattr(filters, name)
        if value is not None:
            query = query.where(records.c[name] == value)
    if filters.since is not None:
        query = query.where(records.c.at >= micros(filters.since))
    if filters.until is not None:
        query = query.where(records.c.at < micros(filters.until))
    if page.cursor is not None:
        query = query.where(tuple_(records.c.at, records.c.id) < _position(page.cursor))
    return query


def listed(table: Table, version: str | None, limit: int, cursor: str | None) -> Select[Any]:
    """A query for windows, cohorts or verdicts, newest first, with one row more than the page, as in `statement`."""
    query = select(table).order_by(table.c.at.desc(), table.c.id.desc()).limit(limit + 1)
    if version is not None:
        query = query.where(table.c.version == version)
    if cursor is not None:
        query = query.where(tuple_(table.c.at, table.c.id) < _position(cursor))
    return query


def next_of(table: Table, version: str | None, limit: int, rows: Sequence[Mapping[Any, Any]]) -> str | None:
    """The address of a list's page after these rows; None if there is none."""
    if len(rows) <= limit:
        return None
    values = {} if version is None else {"version": version}
    return f"/v1/{table.name}?{urlencode({**values, 'limit': limit, 'cursor': _cursor(rows[limit - 1])})}"


def next_link(filters: Filters, page: Page, rows: Sequence[Mapping[Any, Any]]) -> str | None:
    """The address of the page of records after these rows; None if there is none."""
    if len(rows) <= page.limit:
        return None
    last = rows[page.limit - 1]
    values = {name: value for name, value in filters._asdict().items() if value is not None}
    for name in ("since", "until"):
        if name in values:
            values[name] = values[name].isoformat()
    values |= {"limit": page.limit, "cursor": _cursor(last)} | ({"fields": "true"} if page.fields else {})
    return f"/v1/records?{urlencode(values)}"


def present(row: Mapping[Any, Any], schema: Schema | None) -> dict[str, Any]:
    """A row as JSON; with a schema, also its values by the names of their fields, None for a missing value."""
    content = {str(name): value for name, value in row.items() if name not in _ARRAYS}
    content["at"] = iso_time(row["at"])
    content["warnings"] = msgspec.json.decode(row["warnings"])
    if schema is not None:
        categories = msgspec.msgpack.decode(row["categorical"])
        content["numeric"] = _numbers(schema.numeric, row["numeric"])
        content["categorical"] = {
            name: level or None for name, level in zip(schema.categorical, categories, strict=True)
        }
        content["history"] = _numbers(schema.history, row["history"])
    return content


def iso_time(at: int | None) -> str | None:
    """Microseconds since 1970 as an ISO 8601 time; None stays None."""
    return None if at is None else (_EPOCH + timedelta(microseconds=at)).isoformat()


def micros(moment: datetime) -> int:
    """Microseconds since 1970; a time without a zone is UTC."""
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1)


def _numbers(names: tuple[str, ...], content: bytes) -> dict[str, float | str | None]:
    values = np.frombuffer(content, "<f4").astype(float)
    # JSON has neither NaN nor infinity; an infinite value becomes a text.
    words = (None if np.isnan(value) else value if np.isfinite(value) else str(value) for value in values.tolist())
    return dict(zip(names, words, strict=True))


def _cursor(row: Mapping[Any, Any]) -> str:
    return f"{row['at']}:{row['id']}"


def _position(cursor: str) -> tuple[int, str]:
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise RequestError(f"cursor: expected one from a `next` link, got {cursor!r}")
    return int(match["at"]), match["id"]
