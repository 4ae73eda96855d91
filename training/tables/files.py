"""Files on disk: finding them, reading how they store their columns, and checking that they are complete.

A CSV file must have one row per line, so a field with a line break is refused. Then the line of a row is always known.
A cut file is noticed unless the cut is between two lines.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import polars as pl

from training.tables.packed import PackedError, unpack
from training.tables.problems import DataError, Problem, Severity

FORMS = (".csv", ".csv.gz", ".csv.zip", ".parquet")
"""Endings of the files that are read."""
ROW = "__row"
"""Name of the column with the row number, from 0, in a scan."""

_LIKE = 0.9
"""Names at least so like a table's are taken for a slip of the pen: `POS_CASH_BALANCE`, `installment_payments`."""
_COPY = re.compile(r"( ?\(\d+\)|[ _-]copy)$")
"""The end that a browser or a file manager gives the name of a copy."""

# The longest header that is read; the header of the widest table has 3,000 characters.
_HEADER_BYTES = 1 << 20


@dataclass(frozen=True)
class Stored:
    """One file, with the names and stored types of its columns (in CSV all are text)."""

    path: Path
    content: Path
    """The file that is scanned: `path`, or what was packed in it."""
    schema: Mapping[str, pl.DataType]

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def is_csv(self) -> bool:
        return self.content.suffix == ".csv"

    def scan(self) -> pl.LazyFrame:
        """ROW and the values as they are stored."""
        if self.is_csv:
            return pl.scan_csv(self.content, schema=dict(self.schema), row_index_name=ROW, glob=False)
        return pl.scan_parquet(self.content, row_index_name=ROW, glob=False)

    def shown(self, column: str, row: int) -> str:
        """A stored value for a message, cut to a readable length; `row` counts from 0."""
        value = self.scan().select(column).slice(row, 1).collect().item()
        text = "" if value is None else str(value).strip()
        return f"{text[:37]}..." if len(text) > 40 else text or "nothing"

    def problem(self, severity: Severity, column: str, row: int, expected: str, found: str) -> Problem:
        """A problem in one row; `row` counts from 0."""
        line = row + 2 if self.is_csv else None
        return Problem(severity, self.name, expected, found, column=column, row=row + 1, line=line)


def find(directory: Path, table: str) -> Path | None:
    """The table's file, or None if there is none. Raises DataError if it exists both as CSV and as Parquet."""
    paths = [path for form in FORMS if (path := directory / f"{table}{form}").exists()]
    if len(paths) > 1:
        raise DataError([Problem("error", table, "one file", " and ".join(path.name for path in paths))])
    return paths[0] if paths else None


def misnamed(directory: Path, tables: Iterable[str], table: str) -> list[str]:
    """Files whose names are nearly that of a table, and of no other among `tables`; they are not read."""
    exact = {f"{name}{form}" for name in tables for form in FORMS}
    others = sorted(path.name for path in directory.iterdir() if path.is_file() and path.name not in exact)
    return [name for name in others if _likeness(name, table) >= _LIKE]


def _likeness(name: str, table: str) -> float:
    stem = _COPY.sub("", name.partition(".")[0].casefold())
    return SequenceMatcher(None, stem, table.casefold()).ratio()


def open_file(path: Path) -> Stored:
    """Open a file and read only its header. Raises DataError if the file is empty, cut or of another format."""
    if not path.name.endswith(FORMS):
        expected = f"a name that ends in {', '.join(FORMS[:-1])} or {FORMS[-1]}"
        raise DataError([Problem("error", path.name, expected, f"'{''.join(path.suffixes)}'")])
    if not path.is_file():
        raise DataError([Problem("error", path.name, "a file", "a folder" if path.is_dir() else "nothing")])
    try:
        content = unpack(path)
        if content.stat().st_size == 0:
            raise DataError([Problem("error", path.name, "a table", "an empty file")])
        schema = _csv_schema(path.name, content) if content.suffix == ".csv" else _parquet_schema(path)
        return Stored(path, content, schema)
    except PackedError as error:
        raise DataError([Problem("error", path.name, error.expected, error.found)]) from error
    except OSError as error:
        cause = error.strerror or str(error)
        raise DataError([Problem("error", path.name, "a file that may be read", cause)]) from error


def digest(path: Path) -> str:
    """SHA-256 of the file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def broken_lines(stored: Stored) -> list[Problem]:
    """Problems for lines of a CSV file that are not a complete row, and for an end that may be cut.

    Always empty for Parquet.
    """
    if not stored.is_csv:
        return []
    fields = len(stored.schema)
    line = pl.col("line")
    bare = line.str.replace_all(r'"[^"]*"', "")
    separators = bare.str.count_matches(",", literal=True)
    broken = line.is_null() | (separators != fields - 1) | bare.str.contains('["\ufffd]')
    bad = _lines(stored.content).filter(broken).select(ROW, line.fill_null(""), separators.alias("separators"))
    first = bad.head(1).collect(engine="streaming")
    if first.height:
        row, text, commas = first.row(0)
        fault = _broken_line(text, (commas or 0) + 1, fields)
        return [Problem("error", stored.name, f"{fields} fields in each line", fault, row=row + 1, line=row + 2)]
    if not _ends_with_newline(stored.content):
        return [Problem("warning", stored.name, "a line break at the end", "none: the last row may be cut")]
    return []


def _broken_line(text: str, count: int, fields: int) -> str:
    if not text:
        return "an empty line"
    if "\ufffd" in text:
        return "bytes that are not UTF-8"
    return f"{count} field{'s' * (count != 1)}" if count != fields else "a quote that is not closed in its line"


def _lines(path: Path) -> pl.LazyFrame:
    # No file contains this separator, so each line becomes one field.
    return pl.scan_csv(
        path,
        has_header=False,
        skip_rows=1,
        separator="\x01",
        quote_char=None,
        encoding="utf8-lossy",
        schema={"line": pl.String()},
        raise_if_empty=False,
        row_index_name=ROW,
        glob=False,
    )


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"


def _csv_schema(name: str, path: Path) -> dict[str, pl.DataType]:
    with path.open("rb") as file:
        header = file.readline(_HEADER_BYTES)
    try:
        names = next(csv.reader([header.decode("utf-8-sig")], strict=True))
    except (UnicodeDecodeError, csv.Error, StopIteration) as error:
        raise DataError([Problem("error", name, "column names in UTF-8", "another first line", line=1)]) from error
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise DataError([Problem("error", name, "each column once", "it twice", column=twice[0])])
    return {name: pl.String() for name in names}


def _parquet_schema(path: Path) -> dict[str, pl.DataType]:
    try:
        return dict(pl.scan_parquet(path, glob=False).collect_schema())
    except pl.exceptions.PolarsError as error:
        fault = f"a cut file or another format ({str(error).splitlines()[0]})"
        raise DataError([Problem("error", path.name, "a whole Parquet file", fault)]) from error
