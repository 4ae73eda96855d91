"""Months of the loans at other lenders: one row per loan and month, with the delay in STATUS.

`0` is on time, `1` up to 30 days late, … `5` over 120 days or written off; `C` is closed, `X` unknown.
"""

from __future__ import annotations

import polars as pl
from polars import col

from training.product.history import features, of

TABLE = "bureau_balance"

_WINDOWS = (12, 24)

_month = col.MONTHS_BALANCE

_STATUSES = pl.Enum(["C", "X", "0", "1", "2", "3", "4", "5"])  # others are null
_closed, _unknown, _paying, _late = col.status == 0, col.status == 1, col.status >= 2, col.status >= 3


def loans(rows: pl.LazyFrame, bureau: pl.LazyFrame) -> pl.LazyFrame:
    """One row per loan that the bureau knows: its client, and sums and extremes over its months."""
    numbered = rows.with_columns(status=col.STATUS.cast(_STATUSES, strict=False).to_physical())
    sums = numbered.group_by("SK_ID_BUREAU").agg(
        months=pl.len(),
        first=_month.min(),
        paying=_paying.sum(),
        unknown=_unknown.sum(),
        closed=_closed.sum(),
        late=_late.sum(),
        worst=of(_paying, col.status - 2).max(),
        last_late=of(_late, _month).max(),
        **{f"paying_{w}m": (_paying & (_month >= -w)).sum() for w in _WINDOWS},
        **{f"late_{w}m": (_late & (_month >= -w)).sum() for w in _WINDOWS},
    )
    owners = bureau.select("SK_ID_CURR", "SK_ID_BUREAU")
    return owners.join(sums, on="SK_ID_BUREAU")


_history = features(
    TABLE,
    "bureau_history",
    ("bureau_balance_loan_count", "Loans with a monthly history.", pl.len()),
    ("bureau_balance_month_count", "Months of history, all loans.", col.months.sum()),
    ("bureau_balance_paying_count", "Months with a payment due.", col.paying.sum()),
    ("bureau_balance_first", "First month known.", col.first.min()),
    ("bureau_balance_closed_share", "Share of months after closing.", col.closed.sum() / col.months.sum()),
    ("bureau_balance_unknown_share", "Share of months without information.", col.unknown.sum() / col.months.sum()),
    ("bureau_balance_months_mean", "Mean months of history of a loan.", col.months.mean()),
)

_arrears = features(
    TABLE,
    "bureau_arrears",
    ("bureau_balance_late_count", "Months late.", col.late.sum()),
    ("bureau_balance_late_share", "Share of payments that were late.", col.late.sum() / col.paying.sum()),
    *(
        (
            f"bureau_balance_late_share_{w}m",
            f"Share of payments late in the last {w} months.",
            col(f"late_{w}m").sum() / col(f"paying_{w}m").sum(),
        )
        for w in _WINDOWS
    ),
    ("bureau_balance_worst", "Worst status, 0 on time to 5 written off.", col.worst.max()),
    ("bureau_balance_late_last", "Last month late.", col.last_late.max()),
    ("bureau_balance_late_loan_share", "Share of loans ever late.", (col.late > 0).mean()),
    (
        "bureau_balance_late_share_change_12m",
        "Share of late payments of 12 months minus before.",
        col.late_12m.sum() / col.paying_12m.sum()
        - (col.late.sum() - col.late_12m.sum()) / (col.paying.sum() - col.paying_12m.sum()),
    ),
)

FEATURES = (*_history, *_arrears)
