"""Where a window ends, and its records as arrays.

A window is all records of a version between two edges, the first exclusive and the second inclusive; an edge is the
place of a record in the order of time and id. So windows that follow one another share no record and leave none out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from monitoring.judging.drift import Chunk
from serving.records import Schema
from training.bundle import Manifest, Rows

Found = Mapping[Any, Any]
"""A row of the table of records, with `defaulted` and `explored` of its outcome."""


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


def names(manifest: Manifest) -> Schema:
    """The columns of a bundle as a schema names them."""
    numeric = tuple(field.name for field in manifest.numeric)
    return Schema(numeric, tuple(field.name for field in manifest.categorical), manifest.history)


def arrange(found: Sequence[Found], schemas: Mapping[str, Schema], wanted: Schema) -> Rows:
    """Records as the rows of a graph; a column that a record does not have is missing in it."""
    count = len(found)
    made = Rows(
        np.full((count, len(wanted.numeric)), np.nan, np.float32),
        np.full((count, len(wanted.categorical)), "", object),
        np.full((count, len(wanted.history)), np.nan, np.float32),
    )
    for key in {row["schema"] for row in found}:
        index = [i for i, row in enumerate(found) if row["schema"] == key]
        there, some = schemas[key], [found[i] for i in index]
        _place(made.numeric, index, _floats(some, "numeric"), there.numeric, wanted.numeric)
        _place(made.categorical, index, _texts(some), there.categorical, wanted.categorical)
        _place(made.history, index, _floats(some, "history"), there.history, wanted.history)
    return made


def chunk(rows: Rows, found: Sequence[Found]) -> Chunk:
    """What is said of these records; an outcome that is not known is -1, its weight NaN."""
    outcome, weight = labels(found)
    return Chunk(
        rows=rows,
        probability=np.array([row["probability"] for row in found], np.float64),
        refused=np.array([refused(row) for row in found], np.bool_),
        warned=np.array([row["warnings"] != "[]" for row in found], np.bool_),
        histories=tuple(row["history_status"] for row in found),
        outcome=outcome,
        weight=weight,
    )


def labels(found: Sequence[Found]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float64]]:
    """Outcomes and weights [n]: 1 for an accepted application, 1 / share for an explored one."""
    outcome = np.array([-1 if row["defaulted"] is None else row["defaulted"] for row in found], np.int8)
    share = np.array([row["explored"] or 1.0 for row in found], np.float64)
    return outcome, np.where(outcome < 0, np.nan, 1 / share)


def refused(row: Found) -> bool:
    """Whether the application was refused; a decision's words are the bundle's."""
    return bool(row["probability"] >= row["threshold"])


def batch(found: Sequence[Found], schemas: Mapping[str, Schema], wanted: Schema) -> pa.RecordBatch:
    """Records for those who learn from them: who, when, the columns of the model, what was answered, what became."""
    outcome, weight = labels(found)
    columns = {
        "id": pa.array([row["id"] for row in found], pa.string()),
        "at": pa.array([row["at"] for row in found], pa.int64()),
        "client": pa.array([row["client"] for row in found], pa.int64()),
        "version": pa.array([row["version"] for row in found], pa.string()),
        **_columns(arrange(found, schemas, wanted), wanted),
        "history_status": pa.array([row["history_status"] for row in found], pa.string()),
        **{
            name: pa.array([row[name] for row in found], pa.float64())
            for name in ("probability", "margin", "threshold")
        },
        "decision": pa.array([row["decision"] for row in found], pa.string()),
        "outcome": pa.array(outcome == 1, pa.bool_(), mask=outcome < 0),
        "weight": pa.array(weight, pa.float64(), from_pandas=True),
    }
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def _columns(rows: Rows, wanted: Schema) -> dict[str, pa.Array]:
    """As `Rows.columns` makes them, without a manifest: the bundle of an old version may be gone."""
    columns = {name: pa.array(rows.numeric[:, i], from_pandas=True) for i, name in enumerate(wanted.numeric)}
    for i, name in enumerate(wanted.categorical):
        texts = rows.categorical[:, i]
        columns[name] = pa.array(texts, pa.string(), mask=texts == "")
    for i, name in enumerate(wanted.history):
        columns[name] = pa.array(rows.history[:, i], from_pandas=True)
    return columns


def _floats(found: Sequence[Found], name: str) -> npt.NDArray[np.float32]:
    content = b"".join(row[name] for row in found)
    return np.frombuffer(content, "<f4").reshape(len(found), -1) if content else np.empty((len(found), 0), np.float32)


def _texts(found: Sequence[Found]) -> npt.NDArray[np.object_]:
    # The same few levels come again and again: one object each.
    known: dict[str, str] = {}
    decoded = [msgspec.msgpack.decode(row["categorical"], type=list[str]) for row in found]
    matrix = np.empty((len(found), len(decoded[0]) if decoded else 0), object)
    for i, texts in enumerate(decoded):
        matrix[i] = [known.setdefault(text, text) for text in texts]
    return matrix


def _place(
    target: npt.NDArray[Any],
    index: list[int],
    values: npt.NDArray[Any],
    there: tuple[str, ...],
    wanted: tuple[str, ...],
) -> None:
    """Put the columns `there` of some rows where they are `wanted`."""
    if there == wanted:
        target[index] = values
        return
    place = {name: i for i, name in enumerate(there)}
    for i, name in enumerate(wanted):
        if name in place:
            target[index, i] = values[:, place[name]]
