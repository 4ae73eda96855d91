"""A history feature, and the building blocks of its expression.

Sums are exact. So a client's features have the same bits in any order of the rows, with any other clients, and on any
number of threads. Whole numbers are exact in float64. Amounts and per-row ratios are first rounded to a binary grid
(`amount`, `quotient`), which is too fine to show in a float32 result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import polars as pl

_AMOUNT_GRID = 2.0**23  # steps of 0.0000001; a client's sums stay exact up to 2**30, one billion
_QUOTIENT_GRID = 2.0**30  # steps of 0.000000001; sums stay exact up to 2**23, eight million


@dataclass(frozen=True)
class HistoryFeature:
    """One number about a client's history, named `<table>_<selection>_<measure>_<window>`."""

    name: str
    table: str
    reason: str
    """Code of the reason to which it belongs."""
    description: str
    expression: pl.Expr = field(repr=False, compare=False)
    """An aggregate over the client's rows, after the table's module prepared them."""


Row = tuple[str, str, pl.Expr]
"""Name, description and expression of one feature."""


def features(table: str, reason: str, *rows: Row) -> tuple[HistoryFeature, ...]:
    """The features of one table that belong to one reason."""
    return tuple(HistoryFeature(name, table, reason, description, expression) for name, description, expression in rows)


@dataclass(frozen=True)
class HistorySource:
    """History features that are computed together from some tables; they are absent if one of the tables is."""

    tables: tuple[str, ...]
    prepare: Callable[..., pl.LazyFrame]
    """Takes these tables in order, and returns rows with the client's column and those that the features use."""
    features: tuple[HistoryFeature, ...]


def by_client(rows: pl.LazyFrame, client: str, made: Iterable[HistoryFeature]) -> pl.LazyFrame:
    """One row per client of `rows` with its features, float32; undefined and infinite values are null."""
    return rows.group_by(client).agg(_rounded(feature.expression).alias(feature.name) for feature in made)


def _rounded(expression: pl.Expr) -> pl.Expr:
    value = expression.cast(pl.Float64).cast(pl.Float32)
    return pl.when(value.is_finite()).then(value)


def amount(value: str | pl.Expr) -> pl.Expr:
    """A column or an expression in currency, rounded to a grid on which sums are exact."""
    column = pl.col(value) if isinstance(value, str) else value
    return (column.cast(pl.Float64).fill_nan(None) * _AMOUNT_GRID).round() / _AMOUNT_GRID


def quotient(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """The ratio in each row, rounded to a grid on which sums are exact; null unless the denominator is positive."""
    value = numerator.cast(pl.Float64) / denominator.cast(pl.Float64)
    return pl.when(denominator > 0).then((value * _QUOTIENT_GRID).round() / _QUOTIENT_GRID)


def of(selection: pl.Expr, value: pl.Expr) -> pl.Expr:
    """The value in the selected rows, null in the others; in an aggregation this is much faster than a filter."""
    return pl.when(selection).then(value)


def mean_change(value: pl.Expr, recent: pl.Expr) -> pl.Expr:
    """Mean of the recent rows minus the mean of the older ones."""
    return of(recent, value).mean() - of(~recent, value).mean()


def slope(value: pl.Expr, time: pl.Expr) -> pl.Expr:
    """Least-squares slope of value over time; null if there are fewer than two times."""
    t = of(value.is_not_null(), time).cast(pl.Float64)
    n = value.count().cast(pl.Float64)
    return (n * (t * value).sum() - t.sum() * value.sum()) / (n * (t * t).sum() - t.sum() ** 2)
