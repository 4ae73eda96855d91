"""Months of the loans at other lenders: one row per loan and month, STATUS saying how late it was.

`0` is on time, `1` up to 30 days late, … `5` over 120 days or written off; `C` is closed, `X` unknown.
"""

from __future__ import annotations

import polars as pl

from training.features.history.feature import features, of

TABLE = "bureau_balance"

_WINDOWS = (12, 24)

_month = pl.col("MONTHS_BALANCE")
_STATUSES = pl.Enum(["C", "X", "0", "1", "2", "3", "4", "5"])  # others are null
_status = pl.col("status")
_closed, _unknown, _paying, _late = _status == 0, _status == 1, _status >= 2, _status >= 3


def loans(rows: pl.LazyFrame, bureau: pl.LazyFrame) -> pl.LazyFrame:
    """One row per loan that the bureau knows: its client and what its months add up to."""
    numbered = rows.with_columns(status=pl.col("STATUS").cast(_STATUSES, strict=False).to_physical())
    sums = numbered.group_by("SK_ID_BUREAU").agg(
        months=pl.len(),
        first=_month.min(),
        paying=_paying.sum(),
        unknown=_unknown.sum(),
        closed=_closed.sum(),
        late=_late.sum(),
        worst=of(_paying, _status - 2).max(),
        last_late=of(_late, _month).max(),
        **{f"paying_{w}m": (_paying & (_month >= -w)).sum() for w in _WINDOWS},
        **{f"late_{w}m": (_late & (_month >= -w)).sum() for w in _WINDOWS},
    )
    owners = bureau.select("SK_ID_CURR", "SK_ID_BUREAU")
    return owners.join(sums, on="SK_ID_BUREAU")


def _total(column: str) -> pl.Expr:
    return pl.col(column).sum()


_history = features(
    TABLE,
    "bureau_history",
    ("bureau_balance_loan_count", "Loans with a monthly history.", pl.len()),
    ("bureau_balance_month_count", "Months of history, all loans.", _total("months")),
    ("bureau_balance_paying_count", "Months with a payment due.", _total("paying")),
    ("bureau_balance_first", "First month known.", pl.col("first").min()),
    ("bureau_balance_closed_share", "Share of months after closing.", _total("closed") / _total("months")),
    ("bureau_balance_unknown_share", "Share of months without information.", _total("unknown") / _total("months")),
    ("bureau_balance_months_mean", "Mean months of history of a loan.", pl.col("months").mean()),
)

_arrears = features(
    TABLE,
    "bureau_arrears",
    ("bureau_balance_late_count", "Months late.", _total("late")),
    ("bureau_balance_late_share", "Share of payments that were late.", _total("late") / _total("paying")),
    *(
        (
            f"bureau_balance_late_share_{w}m",
            f"Share of payments late in the last {w} months.",
            _total(f"late_{w}m") / _total(f"paying_{w}m"),
        )
        for w in _WINDOWS
    ),
    ("bureau_balance_worst", "Worst status, 0 on time to 5 written off.", pl.col("worst").max()),
    ("bureau_balance_late_last", "Last month late.", pl.col("last_late").max()),
    ("bureau_balance_late_loan_share", "Share of loans ever late.", (pl.col("late") > 0).mean()),
    (
        "bureau_balance_late_share_change_12m",
        "Share of late payments of 12 months minus before.",
        _total("late_12m") / _total("paying_12m")
        - (_total("late") - _total("late_12m")) / (_total("paying") - _total("paying_12m")),
    ),
)

FEATURES = (*_history, *_arrears)
