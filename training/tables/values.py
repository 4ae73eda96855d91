"""Expressions that convert stored values to the catalog's types, and the rules for values. No file is opened here.

A CSV file stores everything as text. pandas writes a column of whole numbers as reals if one of them is missing. So a
64-bit 12, a real 12.0 and the CSV texts `12` and `12.0` are the same integer, and 12.5 is not an integer. The empty
text and NaN are missing. The check and the reader use the same expression, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from training.tables.columns import Column, Kind
from training.tables.problems import Severity

_BLANKS: dict[Kind, tuple[str, ...]] = {"integer": ("", "NaN", "nan"), "real": ("", "NaN", "nan"), "text": ("",)}
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
    if column.kind == "text":
        return stored.base_type() in (pl.String, pl.Categorical, pl.Enum, pl.Null)
    return stored.is_numeric() or stored == pl.Null


def noun(column: Column) -> str:
    """The column's kind in words."""
    return _NOUNS[column.kind]


def canonical(column: Column, stored: pl.DataType) -> pl.Expr:
    """The column as Int64, Float64 or String; a value that cannot be converted is null."""
    raw = pl.col(column.name)
    if column.kind == "text":
        return raw.cast(pl.String).replace("", None)
    if column.kind == "real":
        return raw.cast(pl.Float64, strict=False).fill_nan(None)
    if stored == pl.String:
        raw = raw.str.strip_suffix(".0")
    elif not stored.is_integer():
        raw = raw.cast(pl.Float64)
        raw = pl.when(raw == raw.floor()).then(raw)
    return raw.cast(pl.Int64, strict=False)


def value(name: str) -> str:
    """The name of the canonical column, which is added to the stored column."""
    return f"value of {name}"


def rules(column: Column, stored: pl.DataType, *, vital: bool) -> Iterator[Rule]:
    """The rules of a column. If a `vital` column (a key, the outcome) has no value, the row is useless."""
    converted = pl.col(value(column.name))
    present = _present(column, stored)
    if column.kind != "text":
        yield Rule(column.name, "error", noun(column), present & converted.is_null())
    if column.kind == "real":
        # A model uses 32-bit floats, in which 1e39 is infinite.
        infinite = converted.cast(pl.Float32).is_infinite()
        yield Rule(column.name, "error", "a finite number, at most 3.4e38", infinite)
    if not column.nullable:
        yield Rule(column.name, "error" if vital else "warning", "a value in every row", ~present)
    if column.levels:
        allowed = pl.Series(column.levels).implode()
        expected = f"one of {', '.join(map(str, column.levels))}"
        yield Rule(column.name, "error" if vital else "warning", expected, ~converted.is_in(allowed))


def _present(column: Column, stored: pl.DataType) -> pl.Expr:
    raw = pl.col(column.name)
    present = raw.is_not_null()
    if stored == pl.String:
        for blank in _BLANKS[column.kind]:
            present &= raw != blank
    elif stored.is_float():
        present &= raw.is_not_nan()
    return present
