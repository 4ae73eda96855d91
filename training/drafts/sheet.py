"""A table as people have it: CSV with any usual separator, decimal sign and encoding, or Parquet."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from pathlib import Path

import polars as pl

from training.tables.packed import PackedError, unpack
from training.tables.problems import DataError, Problem
from training.tables.values import MISSING

_SEPARATORS = (",", ";", "\t", "|")
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_LINES = 50
"""Lines from which the separator is found."""
_EMPTY = ("", "N/A", "n/a", "NAN", "Null", "none", "#N/A", *MISSING)
_WHOLE = r"^[+-]?(0|[1-9]\d{0,15})(\.0+)?$"
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_COMMA = r"^[+-]?\d+(,\d+)?$"
_DAY = (
    (r"^\d{4}-\d{2}-\d{2}([T ].*)?$", "%Y-%m-%d"),
    (r"^\d{2}/\d{2}/\d{4}$", "%d/%m/%Y"),
    (r"^\d{2}\.\d{2}\.\d{4}$", "%d.%m.%Y"),
)
_ROW = re.compile(r"^(Unnamed: 0|__index_level_0__|)$")
"""The name of the column that a data frame's index leaves in a file."""


def read_sheet(path: Path) -> pl.DataFrame:
    """The columns as Int64, Float64, Date or String, null if missing; an index without a name is left out.

    Raises DataError if the file is no table.
    """
    try:
        content = unpack(path)
        frame = (
            pl.read_parquet(content, glob=False)
            if content.suffix == ".parquet"
            else _csv(path.name, content.read_bytes())
        )
    except PackedError as error:
        raise DataError([Problem("error", path.name, error.expected, error.found)]) from error
    except OSError as error:
        raise DataError(
            [Problem("error", path.name, "a file that may be read", error.strerror or str(error))]
        ) from error
    except pl.exceptions.PolarsError as error:
        raise DataError([Problem("error", path.name, "a whole table", str(error).splitlines()[0])]) from error
    if not frame.height:
        raise DataError([Problem("error", path.name, "rows of data", "none below the header")])
    frame = frame.select(name for name in frame.columns if not _is_index(frame[name]))
    return frame.select(_typed(column) for column in frame)


def _csv(name: str, content: bytes) -> pl.DataFrame:
    text = _decoded(content)
    separator = _separator(text)
    header = next(csv.reader(io.StringIO(text), delimiter=separator), [])
    names = [cell.strip() for cell in header]
    if twice := [each for each, count in Counter(names).items() if count > 1]:
        raise DataError([Problem("error", name, "each column once", "it twice", column=twice[0] or "without a name")])
    return pl.read_csv(
        io.BytesIO(text.encode()), separator=separator, has_header=True, new_columns=names, infer_schema=False
    )


def _decoded(content: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")  # Latin-1, with what Windows adds to it


def _separator(text: str) -> str:
    """The separator that divides the first lines into the same number of cells, and into the most."""
    lines = [line for line in text[: 1 << 20].splitlines()[:_LINES] if line]

    def cells(separator: str) -> tuple[bool, int]:
        widths = {len(row) for row in csv.reader(lines, delimiter=separator)}
        return len(widths) == 1 and widths != {1}, max(widths, default=0)

    return max(_SEPARATORS, key=cells)


def _is_index(column: pl.Series) -> bool:
    """Whether a column without a name counts the rows, as an index does that was written with them."""
    if not _ROW.match(column.name):
        return False
    numbers = column.cast(pl.Int64, strict=False)
    return numbers.null_count() == 0 and bool((numbers.diff().drop_nulls() == 1).all())


def _typed(column: pl.Series) -> pl.Series:
    if column.dtype == pl.Boolean or column.dtype.is_integer():
        return column.cast(pl.Int64)
    if column.dtype.is_numeric():
        return _whole(column.cast(pl.Float64).fill_nan(None))
    if column.dtype.is_temporal():
        return column.cast(pl.Date)
    texts = column.cast(pl.String).str.strip_chars()
    texts = texts.set(texts.is_in(_EMPTY).fill_null(False), None)
    return _of_texts(texts)


def _of_texts(texts: pl.Series) -> pl.Series:
    present = texts.drop_nulls()
    if present.len() == 0:
        return texts
    for pattern, form in _DAY:
        if present.str.contains(pattern).all():
            return texts.str.slice(0, 10).str.to_date(form, strict=False)
    if present.str.contains(_WHOLE).all():
        return texts.str.replace(r"\.0+$", "").cast(pl.Int64)
    if present.str.contains(_NUMBER).all() and not _has_leading_zeros(present):
        return _whole(texts.cast(pl.Float64))
    if present.str.contains(_COMMA).all() and not _has_leading_zeros(present):
        return _whole(texts.str.replace(",", ".", literal=True).cast(pl.Float64))
    return texts


def _has_leading_zeros(present: pl.Series) -> bool:
    """Whether the texts are numbers such as 00417, which are names of things."""
    return bool(present.str.contains(r"^0\d").any())


def _whole(numbers: pl.Series) -> pl.Series:
    """Whole numbers as Int64; pandas writes them as reals if one of them is missing."""
    exact = (numbers == numbers.floor()) & (numbers.abs() < 2**53)
    return numbers.cast(pl.Int64) if exact.fill_null(True).all() else numbers
