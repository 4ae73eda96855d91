"""Convert applications from a table to the rows that a graph takes, and describe each field from training rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from training.bundle import Field, Rows
from training.errors import TrainingError
from training.product import Column

Columns = dict[str, npt.NDArray[Any]]

MOST_LEVELS = 200
"""A text column with more levels is an identifier or free text, not a category."""


class FieldError(TrainingError):
    """A column cannot be a field of a model."""


def describe(applications: pl.DataFrame, columns: Sequence[Column]) -> tuple[Field, ...]:
    """The fields with levels and ranges from these training rows; a field is required if it was never missing.

    A manifest then requires only those fields that its model uses.

    Raises FieldError for a category with more than MOST_LEVELS levels.
    """
    return tuple(_describe(column, applications[column.name]) for column in columns)


def _describe(column: Column, values: pl.Series) -> Field:
    present = _present(column, values).drop_nulls()
    number = column.kind != "text" and len(present) > 0
    return Field(
        name=column.name,
        datatype=column.datatype,
        description=column.description,
        unit=column.unit,
        levels=() if column.kind != "text" else _levels(present),
        anomalies=column.anomalies,
        minimum=float(present.min()) if number else None,  # type: ignore[arg-type]  # a number by the column's kind
        maximum=float(present.max()) if number else None,  # type: ignore[arg-type]
        required=values.null_count() == 0,
        protected=column.protected,
        actionable=column.actionable,
    )


def _levels(values: pl.Series) -> tuple[str, ...]:
    """Most frequent first, so that a tree can use the size of a code; levels of equal frequency by name."""
    if values.n_unique() > MOST_LEVELS:
        raise FieldError(
            f"{values.name}: expected at most {MOST_LEVELS} levels, found {values.n_unique()}: is it an identifier?"
        )
    counts = values.value_counts().sort(["count", values.name], descending=[True, False])
    return tuple(counts[values.name])


def columns_of(applications: pl.DataFrame, columns: Sequence[Column]) -> Columns:
    """The fields as arrays, with anomalies as missing: numbers have NaN, texts are objects with None."""
    return {column.name: _column(column, applications[column.name]) for column in columns}


def _column(column: Column, values: pl.Series) -> npt.NDArray[Any]:
    present = _present(column, values)
    return np.array(present.to_list(), object) if column.kind == "text" else present.cast(pl.Float64).to_numpy()


def _present(column: Column, values: pl.Series) -> pl.Series:
    """The values with anomalies as null."""
    strange = values.is_in(list(column.anomalies)).fill_null(value=False)
    return values.set(strange, None) if column.anomalies else values


def rows_of(applications: pl.DataFrame, fields: Sequence[Field], history: pl.DataFrame) -> Rows:
    """Rows from applications and their clients' history features; both frames must have the same order."""
    texts = applications.select(pl.col(field.name).fill_null("") for field in fields if field.datatype == "BYTES")
    count = applications.height  # a frame without columns has no height
    categorical = np.empty((count, texts.width), object)
    for i, name in enumerate(texts.columns):
        categorical[:, i] = texts[name].to_list()
    numeric = applications.select(field.name for field in fields if field.datatype != "BYTES")
    return Rows(_matrix(numeric, count), categorical, _matrix(history, count))


def _matrix(frame: pl.DataFrame, count: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """[n, columns] float32 in C order, null as NaN."""
    matrix = np.empty((count, frame.width), np.float32)
    for i, name in enumerate(frame.columns):
        matrix[:, i] = frame[name].cast(pl.Float32).to_numpy()
    return matrix
