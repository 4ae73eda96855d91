"""Converts rows of the table of records into a window's arrays, or into a batch of the Arrow stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from monitoring.verdict.columns import cohort_schema
from serving.records import Schema
from training.bundle import Rows

RecordRow = Mapping[Any, Any]
"""A row of the table of records, with the columns `defaulted` and `explored` of its outcome."""


@dataclass(frozen=True)
class Chunk:
    """The records of one window as arrays [n], in order of time."""

    rows: Rows
    probability: npt.NDArray[np.float64]
    refused: npt.NDArray[np.bool_]
    warned: npt.NDArray[np.bool_]
    """Whether the answer carried a warning."""
    histories: Sequence[str]
    """History status of each record."""
    outcome: npt.NDArray[np.int8]
    """1 for defaulted, 0 for repaid, -1 for not known."""
    weight: npt.NDArray[np.float64]
    """1 for an accepted row, 1 / share for an explored row, NaN if the outcome is not known."""

    def __len__(self) -> int:
        return len(self.probability)


def arrange(records: Sequence[RecordRow], schemas: Mapping[str, Schema], wanted: Schema) -> Rows:
    """Records as a graph's rows, with the columns of `wanted`; a column that a record lacks is missing in its row."""
    count = len(records)
    rows = Rows(
        np.full((count, len(wanted.numeric)), np.nan, np.float32),
        np.full((count, len(wanted.categorical)), "", object),
        np.full((count, len(wanted.history)), np.nan, np.float32),
    )
    for key in {record["schema"] for record in records}:
        index = [i for i, record in enumerate(records) if record["schema"] == key]
        schema, alike = schemas[key], [records[i] for i in index]
        _place(rows.numeric, index, _floats(alike, "numeric"), schema.numeric, wanted.numeric)
        _place(rows.categorical, index, _texts(alike), schema.categorical, wanted.categorical)
        _place(rows.history, index, _floats(alike, "history"), schema.history, wanted.history)
    return rows


def chunk(rows: Rows, records: Sequence[RecordRow]) -> Chunk:
    """Build the arrays of records; `rows` has their columns."""
    outcome, weight = labels(records)
    return Chunk(
        rows=rows,
        probability=np.array([record["probability"] for record in records], np.float64),
        refused=np.array([refused(record) for record in records], np.bool_),
        warned=np.array([record["warnings"] != "[]" for record in records], np.bool_),
        histories=tuple(record["history_status"] for record in records),
        outcome=outcome,
        weight=weight,
    )


def labels(records: Sequence[RecordRow]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float64]]:
    """Outcomes and weights [n]: 1 for an accepted application, 1 / share for an explored one.

    An outcome that is not known is -1, and its weight NaN.
    """
    outcome = np.array([-1 if record["defaulted"] is None else record["defaulted"] for record in records], np.int8)
    share = np.array([record["explored"] or 1.0 for record in records], np.float64)
    return outcome, np.where(outcome < 0, np.nan, 1 / share)


def refused(record: RecordRow) -> bool:
    """Whether the application was refused. The text of a decision cannot show this, because each bundle has its own."""
    return bool(record["probability"] >= record["threshold"])


def batch(records: Sequence[RecordRow], schemas: Mapping[str, Schema], wanted: Schema) -> pa.RecordBatch:
    """Records as a batch with the columns of `cohort_schema`."""
    outcome, weight = labels(records)
    made: dict[str, Any] = _columns(arrange(records, schemas, wanted), wanted)
    made |= {"outcome": pa.array(outcome == 1, mask=outcome < 0), "weight": pa.array(weight, from_pandas=True)}
    schema = cohort_schema(wanted)
    arrays = [
        made[column.name] if column.name in made else pa.array([row[column.name] for row in records], column.type)
        for column in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _columns(rows: Rows, schema: Schema) -> dict[str, pa.Array]:
    """The same columns as `Rows.columns`, but without a manifest: an old version's bundle may be deleted."""
    columns = {name: pa.array(rows.numeric[:, i], from_pandas=True) for i, name in enumerate(schema.numeric)}
    for i, name in enumerate(schema.categorical):
        texts = rows.categorical[:, i]
        columns[name] = pa.array(texts, pa.string(), mask=texts == "")
    for i, name in enumerate(schema.history):
        columns[name] = pa.array(rows.history[:, i], from_pandas=True)
    return columns


def _floats(records: Sequence[RecordRow], name: str) -> npt.NDArray[np.float32]:
    content = b"".join(record[name] for record in records)
    if not content:
        return np.empty((len(records), 0), np.float32)
    return np.frombuffer(content, "<f4").reshape(len(records), -1)


def _texts(records: Sequence[RecordRow]) -> npt.NDArray[np.object_]:
    # Few levels repeat in many records, so equal texts share one object.
    known: dict[str, str] = {}
    decoded = [msgspec.msgpack.decode(record["categorical"], type=list[str]) for record in records]
    matrix = np.empty((len(records), len(decoded[0]) if decoded else 0), object)
    for i, texts in enumerate(decoded):
        matrix[i] = [known.setdefault(text, text) for text in texts]
    return matrix


def _place(
    target: npt.NDArray[Any],
    index: list[int],
    values: npt.NDArray[Any],
    columns: tuple[str, ...],
    wanted: tuple[str, ...],
) -> None:
    """Copy the `columns` of some rows to their places in `wanted`."""
    if columns == wanted:
        target[index] = values
        return
    place = {name: i for i, name in enumerate(columns)}
    for i, name in enumerate(wanted):
        if name in place:
            target[index, i] = values[:, place[name]]
