"""Months of point-of-sale and cash loans at this lender: one row per loan and month, with days past due (DPD)."""

from __future__ import annotations

import polars as pl

from training.features.history.feature import features, of

TABLE = "POS_CASH_balance"

_WINDOWS = (12, 24)

_month = pl.col("MONTHS_BALANCE")
_dpd = pl.col("SK_DPD")
_tolerated = pl.col("SK_DPD_DEF")
_future = pl.col("CNT_INSTALMENT_FUTURE")
_status = pl.col("NAME_CONTRACT_STATUS")


def loans(rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row per loan: what its months add up to. Remaining instalments fall with time, so the least are the last."""
    return rows.group_by("SK_ID_CURR", "SK_ID_PREV").agg(
        months=pl.len(),
        first=_month.min(),
        last=_month.max(),
        late=(_dpd > 0).sum(),
        dpd_max=_dpd.max(),
        tolerated_max=_tolerated.max(),
        last_late=of(_dpd > 0, _month).max(),
        term=pl.col("CNT_INSTALMENT").max(),
        shortest_term=pl.col("CNT_INSTALMENT").min(),
        future=_future.min(),
        completed=(_status == "Completed").any(),
        **{f"months_{w}m": (_month >= -w).sum() for w in _WINDOWS},
        **{f"late_{w}m": ((_month >= -w) & (_dpd > 0)).sum() for w in _WINDOWS},
        dpd_max_12m=of(_month >= -12, _dpd).max(),
    )


def _total(column: str) -> pl.Expr:
    return pl.col(column).sum()


_open = ~pl.col("completed") & (pl.col("last") >= -3)

_delays = features(
    TABLE,
    "payment_delays",
    ("pos_late_share", "Share of months with days past due.", _total("late") / _total("months")),
    *(
        (
            f"pos_late_share_{w}m",
            f"Share of the last {w} months with days past due.",
            _total(f"late_{w}m") / _total(f"months_{w}m"),
        )
        for w in _WINDOWS
    ),
    ("pos_dpd_max", "Most days past due.", pl.col("dpd_max").max()),
    ("pos_dpd_max_12m", "Most days past due in 12 months.", pl.col("dpd_max_12m").max()),
    ("pos_serious_dpd_max", "Most days past due, small debts left out.", pl.col("tolerated_max").max()),
    ("pos_late_last", "Last month with days past due.", pl.col("last_late").max()),
    (
        "pos_late_share_change_12m",
        "Share of late months of 12 months minus before.",
        _total("late_12m") / _total("months_12m")
        - (_total("late") - _total("late_12m")) / (_total("months") - _total("months_12m")),
    ),
)

_loans = features(
    TABLE,
    "previous_loans",
    ("pos_month_count", "Months of instalment loans.", _total("months")),
    ("pos_loan_count", "Instalment loans with a monthly history.", pl.len()),
    ("pos_completed_count", "Instalment loans completed.", pl.col("completed").sum()),
    ("pos_completed_share", "Share of instalment loans completed.", pl.col("completed").mean()),
    ("pos_open_count", "Instalment loans still running.", _open.sum()),
    ("pos_first", "First month of an instalment loan.", pl.col("first").min()),
    ("pos_last", "Last month of an instalment loan.", pl.col("last").max()),
    ("pos_months_mean", "Mean months of a loan.", pl.col("months").mean()),
    ("pos_term_mean", "Mean instalments of a loan.", pl.col("term").mean()),
    ("pos_term_max", "Most instalments of a loan.", pl.col("term").max()),
    (
        "pos_term_cut_mean",
        "Mean instalments by which terms were changed.",
        (pl.col("term") - pl.col("shortest_term")).mean(),
    ),
    ("pos_open_future_sum", "Instalments left of running loans.", of(_open, pl.col("future")).sum()),
    (
        "pos_open_future_share",
        "Share of running loans' instalments that are left.",
        of(_open, pl.col("future")).sum() / of(_open, pl.col("term")).sum(),
    ),
    ("pos_month_count_12m", "Loan months in the last 12.", _total("months_12m")),
)

FEATURES = (*_delays, *_loans)
