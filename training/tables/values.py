"""Expressions that convert stored values to the catalog's types, and the rules for values. No file is opened here.

A CSV file stores everything as text. pandas writes a column of whole numbers as reals if one of them is missing. So a
64-bit 12, a real 12.0 and the CSV texts `12` and `12.0` are the same integer, and 12.5 is not an integer. Neither is a
number that may have lost digits on its way: the text `1.00E+05` of a spreadsheet, or a real so large that it stands for
several integers. What programs write for a missing value is missing, also in a category. Every command reads with these
expressions, so a cell means the same in all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from training.product import Column, Kind
from training.tables.problems import Severity

MISSING = ("NaN", "nan", "NA", "NULL", "null", "None")
"""Texts that R, SQL and pandas write for a missing value, beside the empty one."""

_EXACT: dict[type[pl.DataType], int] = {pl.Float32: 1 << 24, pl.Float64: 1 << 53}
"""From here on, one real stands for several whole numbers."""
_NOUNS: dict[Kind, str] = {"integer": "a whole number", "real": "a number", "text": "text"}


@dataclass(frozen=True)
class Rule:
    """A rule that every value of a column must satisfy."""

    column: str
    severity: Severity
    expected: str
    broken: pl.Expr
    """True in the rows that break the rule. It reads the stored column and the canonical one, named `value(name)`."""


def fits(column: Column, stored: pl.DataType) -> bool:
    """Whether a Parquet column of the type `stored` can hold the column's values."""
    if is_text(stored) or stored == pl.Null:
        return True
    return column.kind != "text" and (stored.is_numeric() or stored == pl.Boolean)


def is_text(stored: pl.DataType) -> bool:
    """Whether values are stored as text, as all are in CSV and some warehouses do in Parquet."""
    return stored.base_type() in (pl.String, pl.Categorical, pl.Enum)


def noun(column: Column) -> str:
    """The column's kind in words."""
    return _NOUNS[column.kind]


def canonical(column: Column, stored: pl.DataType) -> pl.Expr:
    """The column as Int64, Float64 or String; a value that cannot be converted is null."""
    raw = pl.col(column.name)
    if is_text(stored):
        raw = raw.cast(pl.String)
        raw = pl.when(~_blank(raw)).then(raw)
    if column.kind == "text":
        return raw.cast(pl.String)
    if column.kind == "real":
        return raw.cast(pl.Float64, strict=False).fill_nan(None)
    if is_text(stored):
        raw = raw.str.replace(r"\.0+$", "")
    elif stored.is_float():
        raw = pl.when((raw == raw.floor()) & (raw.abs() < _EXACT[stored.base_type()])).then(raw)
    elif stored.is_decimal():
        raw = pl.when(raw == raw.floor()).then(raw)
    return raw.cast(pl.Int64, strict=False)


def value(name: str) -> str:
    """The name of the canonical column, which is added to the stored column."""
    return f"value of {name}"


def rules(column: Column, stored: pl.DataType, *, vital: bool) -> Iterator[Rule]:
    """The rules of a column. If a `vital` column (a key, the outcome) has no value, the row is useless."""
    converted = pl.col(value(column.name))
    given = present(column, stored)
    if column.kind != "text":
        yield Rule(column.name, "error", noun(column), given & converted.is_null())
    elif is_text(stored):
        written = pl.col(column.name).cast(pl.String).is_in(pl.Series(MISSING).implode())
        yield Rule(column.name, "warning", "text, or an empty cell for a missing value", written)
    if column.kind == "real":
        # A model uses 32-bit floats, in which 1e39 is infinite.
        infinite = converted.cast(pl.Float32).is_infinite()
        yield Rule(column.name, "error", "a finite number, at most 3.4e38", infinite)
    if not column.nullable:
        yield Rule(column.name, "error" if vital else "warning", "a value in every row", ~given)
    if column.levels:
        allowed = pl.Series(column.levels).implode()
        expected = f"one of {', '.join(map(str, column.levels))}"
        yield Rule(column.name, "error" if vital else "warning", expected, ~converted.is_in(allowed))


def present(column: Column, stored: pl.DataType) -> pl.Expr:
    """Whether a row has a value in the column, of whatever kind."""
    raw = pl.col(column.name)
    if is_text(stored):
        return raw.is_not_null() & ~_blank(raw.cast(pl.String))
    return raw.is_not_null() & raw.is_not_nan() if stored.is_float() else raw.is_not_null()


def _blank(raw: pl.Expr) -> pl.Expr:
    return raw.is_in(pl.Series(["", *MISSING]).implode())
