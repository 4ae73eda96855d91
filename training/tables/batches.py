"""A file's rows a batch at a time, where a row that cannot be read must not stop the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from training.product import Column, Table
from training.tables import files
from training.tables.checking import as_kind, check_form, readable
from training.tables.problems import DataError, Problem
from training.tables.values import noun, present

ROWS = 4_096
"""Rows in memory at a time: 120 columns of them are some 20 MB as Python values."""


@dataclass(frozen=True)
class RowBatch:
    """Some rows of a file, in its order."""

    frame: pl.DataFrame
    """The table's columns that the file has, as Int64, Float64 and String; null if missing or not readable."""
    errors: Mapping[int, str]
    """By row of the batch, from 0: the first cell that cannot be read."""
    others: tuple[str, ...]
    """Columns of the file that are not the table's."""


def read_batches(path: Path, table: Table) -> Iterator[RowBatch]:
    """The rows of a file that need not have all of the table's columns.

    Raises DataError if the file as a whole is not one of this table, in the words of `check`.
    """
    stored = files.open_file(path)
    problems, _ = check_form(table, stored, frozenset(column.name for column in table.columns))
    if any(problem.severity == "error" for problem in problems):
        raise DataError(problem for problem in problems if problem.severity == "error")
    columns = readable(table, stored)
    numbers = [column for column in columns if column.kind != "text"]
    others = tuple(name for name in stored.schema if name not in {column.name for column in table.columns})
    scan = stored.scan().select(
        *(as_kind(column, stored) for column in columns),
        *(_unreadable(column, stored).alias(_flag(column)) for column in numbers),
        *(pl.col(column.name).cast(pl.String).alias(_text(column)) for column in numbers),
    )
    names, rows = [column.name for column in columns], 0
    try:
        for frame in scan.collect_batches(chunk_size=ROWS, maintain_order=True):
            rows += frame.height
            yield RowBatch(frame.select(names), _errors(frame, numbers), others)
    except pl.exceptions.PolarsError as error:
        fault = f"content that cannot be read ({str(error).splitlines()[0]})"
        raise DataError([Problem("error", stored.name, "a whole file", fault)]) from error
    if not rows:
        raise DataError([Problem("error", stored.name, "rows of data", "none below the header")])


def _unreadable(column: Column, stored: files.Stored) -> pl.Expr:
    return present(column, stored.schema[column.name]) & as_kind(column, stored).is_null()


def _errors(frame: pl.DataFrame, numbers: list[Column]) -> dict[int, str]:
    errors: dict[int, str] = {}
    for column in numbers:
        for row in frame[_flag(column)].fill_null(False).arg_true().to_list():
            text = frame[_text(column)][row]
            cut = f"{text[:37]}..." if len(text) > 40 else text
            errors.setdefault(row, f"{column.name}: expected {noun(column)}, found {cut}")
    return dict(sorted(errors.items()))


def _flag(column: Column) -> str:
    return f"unreadable {column.name}"


def _text(column: Column) -> str:
    return f"text of {column.name}"
