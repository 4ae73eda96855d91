"""A table reads the same however people wrote it."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from training.drafts.sheet import read_sheet
from training.tables import DataError

TABLE = pl.DataFrame(
    {
        "Montant demandé": [1200, 80, None, 4000],
        "rate": [0.5, None, 12.25, -3.0],
        "job": ["ouvrier, qualifié", "employé", None, "cadre"],
        "since": [date(2024, 1, 31), date(2023, 12, 1), date(2020, 2, 29), date(1999, 9, 9)],
        "zip": ["01100", "75011", "01200", None],
        "default": [0, 1, 0, 1],
    }
)


def lines(
    separator: str = ",", decimal: str = ".", missing: str = "", quote: bool = False, day: str = "%Y-%m-%d"
) -> str:
    """The table as CSV."""

    def cell(value: object) -> str:
        if value is None:
            return missing
        if isinstance(value, date):
            return value.strftime(day)
        text = str(value).replace(".", decimal) if isinstance(value, float) else str(value)
        return f'"{text}"' if quote or separator in text else text

    rows = [TABLE.columns, *TABLE.rows()]
    return "".join(separator.join(map(cell, row)) + "\n" for row in rows)


def zipped(content: bytes) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("table.csv", content)
    return memory.getvalue()


WAYS = {
    "plain.csv": lines().encode(),
    "semicolon.csv": lines(";", ",").encode(),
    "tab.csv": lines("\t").encode(),
    "pipe.csv": lines("|", missing="NULL").encode(),
    "mark.csv": lines().encode("utf-8-sig"),
    "utf16.csv": lines(";").encode("utf-16"),
    "latin.csv": lines(";", ",").encode("latin-1"),
    "windows.csv": lines(";").replace("\n", "\r\n").encode(),
    "quoted.csv": lines(quote=True).encode(),
    "missing.csv": lines(missing="NA").encode(),
    "german.csv": lines(";", ",", missing="None", day="%d.%m.%Y").encode(),
    "slashes.csv": lines(";", missing="n/a", day="%d/%m/%Y").encode(),
    "packed.csv.gz": gzip.compress(lines().encode()),
    "packed.csv.zip": zipped(lines().encode()),
}


@pytest.mark.parametrize("name", WAYS)
def test_all_ways_give_the_same_table(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(WAYS[name])
    assert_frame_equal(read_sheet(tmp_path / name), TABLE)


def test_parquet_gives_the_same_table(tmp_path: Path) -> None:
    TABLE.write_parquet(tmp_path / "table.parquet")
    assert_frame_equal(read_sheet(tmp_path / "table.parquet"), TABLE)


@pytest.mark.parametrize("name", ["", "Unnamed: 0"])
@pytest.mark.parametrize("first", [0, 1])
def test_index_without_a_name_is_left_out(name: str, first: int, tmp_path: Path) -> None:
    content = lines().splitlines()
    rows = [f"{first + row},{line}" for row, line in enumerate(content[1:])]
    (tmp_path / "table.csv").write_text("\n".join([f"{name},{content[0]}", *rows, ""]))
    assert_frame_equal(read_sheet(tmp_path / "table.csv"), TABLE)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected a whole table"),
        (b"a,b\n", "expected rows of data, found none below the header"),
        (b"a,a\n1,2\n", "column a: expected each column once, found it twice"),
        (b"a,b\n1,2\n1,2,3\n", "expected a whole table"),
    ],
)
def test_no_table_is_named(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_sheet(tmp_path / "table.csv")
