"""The check of a folder of raw tables, with its content and its problems.

An orphan is a row whose client or loan is in no file. Orphans are a warning: the published files have many of them, and
leaving them out is safe. If *no* row has a parent, the files do not belong together, and that is an error. Only the
keys of the parent tables are kept in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from training.product import Product
from training.tables import files
from training.tables.checking import Checked, check_file
from training.tables.files import ROW
from training.tables.problems import DataError, Problem, Severity, more

Progress = Callable[[str], None]


@dataclass(frozen=True)
class File:
    """The file of one table, with the rows and columns that could be read."""

    table: str
    file: str
    rows: int
    columns: int


@dataclass(frozen=True)
class FolderReport:
    """The content of a folder and its problems; all values can be encoded as JSON."""

    directory: str
    files: tuple[File, ...]
    absent: tuple[str, ...]
    """Tables without a file; that of the labelled applications among them is also an error."""
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "warning")


def check(directory: Path, product: Product, progress: Progress = lambda _: None) -> FolderReport:
    """Check the raw tables in a folder. Faults in the tables are in the report; they raise no error."""
    return inspect(directory, product, progress)[0]


def inspect(directory: Path, product: Product, progress: Progress) -> tuple[FolderReport, Mapping[str, Checked]]:
    """The report of a folder, and its checked tables by name."""
    if not directory.is_dir():
        there = "a file" if directory.exists() else "nothing"
        problem = Problem("error", str(directory), "a folder with the raw tables", there)
        return FolderReport(str(directory), (), tuple(product.tables), (problem,)), {}
    problems: list[Problem] = []
    checked: dict[str, Checked] = {}
    absent: list[str] = []
    for table in product.tables.values():
        try:
            path = files.find(directory, table.name)
            if path is None:
                absent.append(table.name)
                problems += _misnamed(directory, product, table.name)
                continue
            progress(f"checking {path.name}")
            checked[table.name] = check_file(table, files.open_file(path))
            problems += checked[table.name].problems
        except DataError as error:
            problems += error.problems
    if product.applications.name in absent:
        problems.append(_no_applications(directory, product.applications.name))
    for child in checked.values():
        if child.usable and child.table.parents:
            progress(f"looking for the parents of {child.stored.name}")
            problems += _orphans(child, checked, absent)
    present = (File(name, item.stored.name, item.rows, len(item.stored.schema)) for name, item in checked.items())
    return FolderReport(str(directory), tuple(present), tuple(absent), tuple(problems)), checked


def _misnamed(directory: Path, product: Product, table: str) -> Iterator[Problem]:
    for name in files.misnamed(directory, product.tables, table):
        expected = f"{table} and one of {', '.join(files.FORMS)} for the table {table}"
        yield Problem("warning", name, expected, "another name: it is not read")


def _no_applications(directory: Path, table: str) -> Problem:
    similar = ", ".join(sorted(path.name for path in directory.glob(f"{table.partition('_')[0]}*")))
    return Problem("error", table, f"{table}.csv or {table}.parquet", similar or "neither")


def _orphans(child: Checked, checked: Mapping[str, Checked], absent: list[str]) -> Iterator[Problem]:
    for column, names in child.table.parents.items():
        expected = f"a value of {' or '.join(names)}"
        present = [name for name in names if name not in absent]
        parents = [checked[name] for name in present if name in checked and checked[name].usable]
        if not present:
            fault = "no such file: no row reaches a client"
            yield Problem("warning", child.stored.name, expected, fault, column=column)
        elif len(parents) == len(present):
            # If a parent table is broken, its keys cannot show which rows are orphans.
            yield from _orphans_of(child, column, parents, expected)


def _orphans_of(child: Checked, column: str, parents: list[Checked], expected: str) -> Iterator[Problem]:
    keys = pl.concat(parent.keys(column).drop(ROW) for parent in parents).unique()
    orphans = child.keys(column).join(keys, on=column, how="anti")
    count, row = orphans.select(pl.len(), pl.col(ROW).min()).collect(engine="streaming").row(0)
    if count:
        sample = f"{child.stored.shown(column, row)}{more(count)} ({count / child.rows:.1%} of all)"
        severity: Severity = "error" if count == child.rows else "warning"
        yield child.stored.problem(severity, column, row, expected, sample)
