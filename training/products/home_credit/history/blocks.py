"""What the expressions of these tables have in common: the client, days, and which row is newer."""

from __future__ import annotations

import polars as pl

CLIENT = "SK_ID_CURR"
YEARS = {1: "the last year", 2: "the last two years", 3: "the last three years"}

_UNKNOWN_DAY = 365243  # in every DAYS_ column, a thousand years ahead means "not known"


def day(column: str) -> pl.Expr:
    """Days relative to the application; the code for an unknown day becomes null."""
    value = pl.col(column).cast(pl.Int32, strict=False)
    return pl.when(value != _UNKNOWN_DAY).then(value)


def newest_first(moment: pl.Expr, identity: pl.Expr) -> pl.Expr:
    """Rank of each row among its client's rows; 1 is the newest.

    Among rows of the same moment the higher identity is newer, so the order of the rows does not matter.
    """
    order = moment.cast(pl.Int64) * 2**40 + identity  # identities are below 2**40, a million millions
    return order.rank("ordinal", descending=True).over(CLIENT)
