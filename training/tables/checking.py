"""The check of one file without the others.

A fault that makes the result wrong is an error: a value of another type, an outcome other than 0 and 1, a client
twice. A fault that only loses information is a warning: an unused column, an unknown level, an unexpected missing
value. Each pass streams the file; only the keys are kept in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from training.product import Column, Table
from training.tables import files
from training.tables.files import ROW, Stored
from training.tables.problems import Problem, more
from training.tables.values import Rule, canonical, fits, noun, rules, value


@dataclass(frozen=True)
class Checked:
    """A table whose file could be opened: how it is stored, and its problems."""

    table: Table
    stored: Stored
    rows: int
    problems: tuple[Problem, ...]

    @property
    def usable(self) -> bool:
        """Whether it may be read and checked together with other tables."""
        return all(problem.severity != "error" for problem in self.problems)

    def values(self) -> pl.LazyFrame:
        """The catalog's columns in its order and types; other columns are left out."""
        return self.stored.scan().select(as_kind(column, self.stored) for column in readable(self.table, self.stored))

    def keys(self, column: str) -> pl.LazyFrame:
        """ROW and one column in the catalog's type."""
        return self.stored.scan().select(ROW, as_kind(self.table.column(column), self.stored))


def check_file(table: Table, stored: Stored, optional: frozenset[str] = frozenset()) -> Checked:
    """Check the columns, lines, values and key of one file; `optional` columns may be absent."""
    problems, whole = check_form(table, stored, optional)
    if not whole:
        return Checked(table, stored, 0, tuple(problems))
    try:
        rows, broken = _values(table, stored)
        problems += broken
        problems += _duplicates(table, stored)
    except pl.exceptions.PolarsError as error:
        fault = f"content that cannot be read ({str(error).splitlines()[0]})"
        return Checked(table, stored, 0, (*problems, Problem("error", stored.name, "a whole file", fault)))
    if rows == 0:
        problems.append(Problem("error", stored.name, "rows of data", "none below the header"))
    return Checked(table, stored, rows, tuple(problems))


def check_form(table: Table, stored: Stored, optional: frozenset[str]) -> tuple[list[Problem], bool]:
    """Check the columns and lines, and say whether the values are in their columns and may be looked at."""
    if not any(column.name in stored.schema for column in table.columns):
        return [_other_table(table, stored)], False
    lines = files.broken_lines(stored)
    return [*_columns(table, stored, optional), *lines], all(problem.severity != "error" for problem in lines)


def _other_table(table: Table, stored: Stored) -> Problem:
    names = ", ".join(stored.schema)
    expected = f"the columns of {table.name}{', separated by commas' * stored.is_csv}"
    return Problem("error", stored.name, expected, f"others: {names[:60]}{'...' * (len(names) > 60)}")


def _columns(table: Table, stored: Stored, optional: frozenset[str]) -> Iterator[Problem]:
    columns = {column.name: column for column in table.columns}
    usable = readable(table, stored)
    for name, column in columns.items():
        if name not in stored.schema:
            if name not in optional:
                yield Problem("error", stored.name, f"{noun(column)} under this name", "no such column", column=name)
        elif column not in usable:
            yield Problem("error", stored.name, noun(column), f"type {stored.schema[name]}", column=name, row=1)
    for name in stored.schema:
        if name not in columns:
            yield Problem("warning", stored.name, "a column of this table", "another one, not read", column=name)


def readable(table: Table, stored: Stored) -> tuple[Column, ...]:
    """The columns that the file has in a type that fits."""
    present = (column for column in table.columns if column.name in stored.schema)
    return tuple(column for column in present if stored.is_csv or fits(column, stored.schema[column.name]))


def as_kind(column: Column, stored: Stored) -> pl.Expr:
    """The column in the catalog's type; what cannot be converted is null."""
    return canonical(column, stored.schema[column.name]).alias(column.name)


def _values(table: Table, stored: Stored) -> tuple[int, list[Problem]]:
    vital = {table.key, *table.vital, *table.parents}
    columns = readable(table, stored)
    held = [
        rule for column in columns for rule in rules(column, stored.schema[column.name], vital=column.name in vital)
    ]
    # Values are converted in a step before the rules, so that each text is parsed once instead of once per rule.
    frame = stored.scan().with_columns(as_kind(column, stored).alias(value(column.name)) for column in columns)
    frame = frame.select(ROW, *(rule.broken.alias(f"broken {i}") for i, rule in enumerate(held)))
    rows, *figures = frame.select(pl.len(), *_tallies(len(held))).collect(engine="streaming").row(0)
    tallies = zip(held, figures[::2], figures[1::2], strict=True)
    return rows, [_broken(rule, stored, first, count) for rule, count, first in tallies if count]


def _tallies(rule_count: int) -> Iterator[pl.Expr]:
    for i in range(rule_count):
        yield pl.col(f"broken {i}").sum()
        yield pl.when(pl.col(f"broken {i}")).then(pl.col(ROW)).min().alias(f"first {i}")


def _broken(rule: Rule, stored: Stored, row: int, count: int) -> Problem:
    sample = f"{stored.shown(rule.column, row)}{more(count)}"
    return stored.problem(rule.severity, rule.column, row, rule.expected, sample)


def _duplicates(table: Table, stored: Stored) -> list[Problem]:
    key = next((column for column in readable(table, stored) if column.name == table.key), None)
    if key is None:
        return []
    keys = stored.scan().select(as_kind(key, stored)).collect(engine="streaming").to_series()
    again = keys.is_not_null() & ~keys.is_first_distinct()
    count = int(again.sum())
    if not count:
        return []
    row = int(again.arg_max() or 0)
    earlier = int((keys == keys[row]).arg_max() or 0) + 1
    fault = f"{keys[row]} again, first in row {earlier}{more(count)}"
    return [stored.problem("error", key.name, row, "each value once", fault)]
