"""What is wrong with a folder of raw tables.

What makes a result wrong is an error: a value of another type, an outcome that is not 0 or 1, a client twice. What
merely says less than it could is a warning: a column nobody reads, a level nobody knows, a missing value where there
was never one. An orphan, a row of a client or loan that is in no file, is a warning as well: the published files are
full of them, and nothing goes wrong by leaving out a row that belongs to nobody. Only where *no* row has a parent do
the files not belong together, and that is an error.

Each pass streams; what is kept in memory is the keys of the parent tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from training.tables import files
from training.tables.catalog import TABLES
from training.tables.columns import Column, Table
from training.tables.files import ROW, Stored
from training.tables.problems import DataError, Problem
from training.tables.values import Rule, canonical, fits, noun, rules, value

Progress = Callable[[str], None]


@dataclass(frozen=True)
class File:
    """One table's file, as far as it could be read."""

    table: str
    file: str
    rows: int
    columns: int


@dataclass(frozen=True)
class Report:
    """What a folder holds and what is wrong with it; made of what JSON knows."""

    directory: str
    files: tuple[File, ...]
    absent: tuple[str, ...]
    """Tables without a file; `application_train` among them is also an error."""
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "warning")


@dataclass(frozen=True)
class Checked:
    """A table whose file could be opened: how it is stored, and what it says."""

    table: Table
    stored: Stored
    rows: int
    problems: tuple[Problem, ...]

    @property
    def usable(self) -> bool:
        """Whether its values may be looked at together with those of other tables."""
        return all(problem.severity != "error" for problem in self.problems)

    @property
    def present(self) -> tuple[Column, ...]:
        return tuple(column for column in self.table.columns if column.name in self.stored.schema)

    def values(self) -> pl.LazyFrame:
        """The catalog's columns in its order and types; what the catalog does not know is left out."""
        return self.stored.scan().select(
            canonical(column, self.stored.schema[column.name]).alias(column.name) for column in self.present
        )


def check(directory: Path, progress: Progress = lambda _: None) -> Report:
    """Everything that is wrong with the raw tables in a folder; raises nothing for what is wrong with them."""
    return inspect(directory, progress)[0]


def inspect(directory: Path, progress: Progress) -> tuple[Report, Mapping[str, Checked]]:
    """The report, and the tables behind it by name."""
    problems: list[Problem] = []
    checked: dict[str, Checked] = {}
    absent = []
    if not directory.is_dir():
        problems.append(Problem("error", str(directory), "a folder with the raw tables", "no folder"))
    for table in TABLES.values():
        try:
            path = files.find(directory, table.name)
            if path is None:
                absent.append(table.name)
                continue
            progress(f"checking {path.name}")
            checked[table.name] = check_file(table, files.open_file(path))
            problems += checked[table.name].problems
        except DataError as error:
            problems += error.problems
    if "application_train" in absent:
        problems.append(_no_applications(directory))
    for child in checked.values():
        progress(f"looking for the parents of {child.stored.name}")
        problems += _relations(child, checked)
    found = tuple(
        File(item.table.name, item.stored.name, item.rows, len(item.stored.schema)) for item in checked.values()
    )
    return Report(str(directory), found, tuple(absent), tuple(problems)), checked


def check_file(table: Table, stored: Stored, optional: frozenset[str] = frozenset()) -> Checked:
    """One file by itself: its columns, its lines, its values, its key; `optional` columns may be left out."""
    lines = files.broken_lines(stored)
    problems = [*_columns(table, stored, optional), *lines]
    if any(problem.severity == "error" for problem in lines):
        # Where a line is not a row, its values are in other columns: nothing true can be said of them.
        return Checked(table, stored, 0, tuple(problems))
    try:
        rows, broken = _values(table, stored)
        problems += broken
        problems += _duplicates(table, stored)
    except pl.exceptions.PolarsError as error:
        found = f"content that cannot be read ({str(error).splitlines()[0]})"
        return Checked(table, stored, 0, (*problems, Problem("error", stored.name, "a whole file", found)))
    if rows == 0:
        problems.append(Problem("error", stored.name, "rows of data", "none below the header"))
    return Checked(table, stored, rows, tuple(problems))


def _no_applications(directory: Path) -> Problem:
    similar = sorted(path.name for path in directory.glob("application*")) if directory.is_dir() else []
    expected = "application_train.csv or application_train.parquet"
    return Problem("error", "application_train", expected, ", ".join(similar) or "neither")


def _columns(table: Table, stored: Stored, optional: frozenset[str]) -> Iterator[Problem]:
    known = {column.name: column for column in table.columns}
    for name, column in known.items():
        if name not in stored.schema:
            if name not in optional:
                yield Problem("error", stored.name, f"{noun(column)} under this name", "no such column", column=name)
        elif not _readable(column, stored):
            yield Problem("error", stored.name, noun(column), f"type {stored.schema[name]}", column=name, row=1)
    for name in stored.schema:
        if name not in known:
            yield Problem("warning", stored.name, "a column of this table", "another one, not read", column=name)


def _readable(column: Column, stored: Stored) -> bool:
    return column.name in stored.schema and (stored.is_csv or fits(column, stored.schema[column.name]))


def _values(table: Table, stored: Stored) -> tuple[int, list[Problem]]:
    vital = {table.key, "TARGET", *table.parents}
    columns = [column for column in table.columns if _readable(column, stored)]
    held = [
        rule for column in columns for rule in rules(column, stored.schema[column.name], vital=column.name in vital)
    ]
    # One step a stage, so that a text is turned into a number once, not once for each rule.
    frame = stored.scan()
    frame = frame.with_columns(
        canonical(column, stored.schema[column.name]).alias(value(column.name)) for column in columns
    )
    frame = frame.select(ROW, *(rule.broken.alias(f"broken {i}") for i, rule in enumerate(held)))
    rows, *found = frame.select(pl.len(), *_tallies(len(held))).collect(engine="streaming").row(0)
    tallies = zip(held, found[::2], found[1::2], strict=True)
    return rows, [_broken(rule, stored, first, count) for rule, count, first in tallies if count]


def _tallies(rule_count: int) -> Iterator[pl.Expr]:
    for i in range(rule_count):
        yield pl.col(f"broken {i}").sum()
        yield pl.when(pl.col(f"broken {i}")).then(pl.col(ROW)).min().alias(f"first {i}")


def _broken(rule: Rule, stored: Stored, row: int, count: int) -> Problem:
    return _at(
        stored, rule.severity, rule.column, row, rule.expected, f"{_shown(stored, rule.column, row)}{_more(count)}"
    )


def _duplicates(table: Table, stored: Stored) -> list[Problem]:
    key = table.key
    if key is None or not _readable(table.column(key), stored):
        return []
    keys = _values_of(table.column(key), stored)
    again = keys.is_not_null() & ~keys.is_first_distinct()
    count = int(again.sum())
    if not count:
        return []
    row = int(again.arg_max() or 0)
    earlier = int((keys == keys[row]).arg_max() or 0) + 1
    found = f"{keys[row]} again, first in row {earlier}{_more(count)}"
    return [_at(stored, "error", key, row, "each value once", found)]


def _values_of(column: Column, stored: Stored) -> pl.Series:
    return stored.scan().select(canonical(column, stored.schema[column.name])).collect(engine="streaming").to_series()


def _relations(child: Checked, checked: Mapping[str, Checked]) -> Iterator[Problem]:
    if not child.usable:
        return
    for column, names in child.table.parents.items():
        parents = [checked[name] for name in names if name in checked]
        if all(parent.usable for parent in parents):
            yield from _orphans(child, column, names, parents)


def _orphans(child: Checked, column: str, names: tuple[str, ...], parents: list[Checked]) -> Iterator[Problem]:
    expected = f"a value of {' or '.join(names)}"
    if not parents:
        yield Problem("warning", child.stored.name, expected, "no such file: no row reaches a client", column=column)
        return
    known = pl.concat(
        [_values_of(parent.table.column(parent.table.key or column), parent.stored) for parent in parents]
    ).unique()
    keys = child.stored.scan().select(ROW, canonical(child.table.column(column), child.stored.schema[column]))
    orphans = keys.join(known.to_frame(column).lazy(), on=column, how="anti")
    count, row = orphans.select(pl.len(), pl.col(ROW).min()).collect(engine="streaming").row(0)
    if count:
        share = f" ({count / child.rows:.1%} of all)"
        found = f"{_shown(child.stored, column, row)}{_more(count)}{share}"
        yield _at(child.stored, "error" if count == child.rows else "warning", column, row, expected, found)


def _at(stored: Stored, severity: str, column: str, row: int, expected: str, found: str) -> Problem:
    line = row + 2 if stored.is_csv else None
    return Problem(severity, stored.name, expected, found, column=column, row=row + 1, line=line)  # type: ignore[arg-type]


def _shown(stored: Stored, column: str, row: int) -> str:
    found = stored.scan().select(column).slice(row, 1).collect().item()
    text = str(found).strip() or "nothing" if found is not None else "nothing"
    return text if len(text) <= 40 else f"{text[:37]}..."


def _more(count: int) -> str:
    return "" if count == 1 else f", and {count - 1:,} more row{'s' * (count > 2)}"
