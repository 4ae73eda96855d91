"""A folder of eight small tables with nothing wrong in them, as CSV and as Parquet, for tests to spoil."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from training.product import Column
from training.products.home_credit import PRODUCT
from training.tables import Problem, check

TABLES = PRODUCT.tables

ROWS = 3
_DTYPES = {"integer": pl.Int64(), "real": pl.Float64(), "text": pl.String()}
_IDS = {
    "application_train": {"SK_ID_CURR": [1, 2, 3]},
    "application_test": {"SK_ID_CURR": [11, 12, 13]},
    "bureau": {"SK_ID_CURR": [1, 1, 11], "SK_ID_BUREAU": [21, 22, 23]},
    "bureau_balance": {"SK_ID_BUREAU": [21, 21, 23]},
    "previous_application": {"SK_ID_CURR": [2, 3, 12], "SK_ID_PREV": [31, 32, 33]},
}
_OF_PREVIOUS = {"SK_ID_CURR": [2, 2, 12], "SK_ID_PREV": [31, 31, 33]}


def _values(column: Column) -> list[object]:
    plain = {"integer": 1, "real": 0.5, "text": "a, b"}[column.kind]
    first = column.levels[0] if column.levels else plain
    return [first, first, None if column.nullable else first]


@dataclass
class Folder:
    path: Path
    form: str

    def file(self, table: str) -> Path:
        return self.path / f"{table}{self.form}"

    @staticmethod
    def good(table: str) -> pl.DataFrame:
        """A table that keeps every rule."""
        ids = _IDS.get(table, _OF_PREVIOUS)
        return pl.DataFrame(
            [pl.Series(c.name, ids.get(c.name, _values(c)), _DTYPES[c.kind]) for c in TABLES[table].columns]
        )

    def put(self, table: str, frame: pl.DataFrame) -> None:
        if self.form == ".csv":
            frame.write_csv(self.file(table))
        else:
            frame.write_parquet(self.file(table))

    def change(self, table: str, **columns: list[object]) -> None:
        """Other values in some columns of a good table."""
        self.put(table, self.good(table).with_columns(pl.Series(name, values) for name, values in columns.items()))

    def problem(self) -> Problem:
        """The one thing that is wrong."""
        (problem,) = check(self.path, PRODUCT).problems
        return problem


def _folder(path: Path, form: str) -> Folder:
    folder = Folder(path, form)
    for table in TABLES:
        folder.put(table, folder.good(table))
    return folder


@pytest.fixture(params=[".csv", ".parquet"])
def folder(request, tmp_path):
    return _folder(tmp_path, request.param)


@pytest.fixture
def csv(tmp_path):
    return _folder(tmp_path, ".csv")


@pytest.fixture
def parquet(tmp_path):
    return _folder(tmp_path, ".parquet")
