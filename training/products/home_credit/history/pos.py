"""Months of point-of-sale and cash loans at this lender: one row per loan and month, with days past due (DPD)."""

from __future__ import annotations

import polars as pl
from polars import col

from training.product.history import features, of

TABLE = "POS_CASH_balance"

_WINDOWS = (12, 24)

_month = col.MONTHS_BALANCE


def loans(rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row per loan: sums and extremes over its months.

    The number of remaining instalments falls with time, so its minimum is the last value.
    """
    return rows.group_by("SK_ID_CURR", "SK_ID_PREV").agg(
        months=pl.len(),
        first=_month.min(),
        last=_month.max(),
        late=(col.SK_DPD > 0).sum(),
        dpd_max=col.SK_DPD.max(),
        tolerated_max=col.SK_DPD_DEF.max(),
        last_late=of(col.SK_DPD > 0, _month).max(),
        term=col.CNT_INSTALMENT.max(),
        shortest_term=col.CNT_INSTALMENT.min(),
        future=col.CNT_INSTALMENT_FUTURE.min(),
        completed=(col.NAME_CONTRACT_STATUS == "Completed").any(),
        **{f"months_{w}m": (_month >= -w).sum() for w in _WINDOWS},
        **{f"late_{w}m": ((_month >= -w) & (col.SK_DPD > 0)).sum() for w in _WINDOWS},
        dpd_max_12m=of(_month >= -12, col.SK_DPD).max(),
    )


_open = ~col.completed & (col.last >= -3)

_delays = features(
    TABLE,
    "payment_delays",
    ("pos_late_share", "Share of months with days past due.", col.late.sum() / col.months.sum()),
    *(
        (
            f"pos_late_share_{w}m",
            f"Share of the last {w} months with days past due.",
            col(f"late_{w}m").sum() / col(f"months_{w}m").sum(),
        )
        for w in _WINDOWS
    ),
    ("pos_dpd_max", "Most days past due.", col.dpd_max.max()),
    ("pos_dpd_max_12m", "Most days past due in 12 months.", col.dpd_max_12m.max()),
    ("pos_serious_dpd_max", "Most days past due, small debts left out.", col.tolerated_max.max()),
    ("pos_late_last", "Last month with days past due.", col.last_late.max()),
    (
        "pos_late_share_change_12m",
        "Share of late months of 12 months minus before.",
        col.late_12m.sum() / col.months_12m.sum()
        - (col.late.sum() - col.late_12m.sum()) / (col.months.sum() - col.months_12m.sum()),
    ),
)

_loans = features(
    TABLE,
    "previous_loans",
    ("pos_month_count", "Months of instalment loans.", col.months.sum()),
    ("pos_loan_count", "Instalment loans with a monthly history.", pl.len()),
    ("pos_completed_count", "Instalment loans completed.", col.completed.sum()),
    ("pos_completed_share", "Share of instalment loans completed.", col.completed.mean()),
    ("pos_open_count", "Instalment loans still running.", _open.sum()),
    ("pos_first", "First month of an instalment loan.", col.first.min()),
    ("pos_last", "Last month of an instalment loan.", col.last.max()),
    ("pos_months_mean", "Mean months of a loan.", col.months.mean()),
    ("pos_term_mean", "Mean instalments of a loan.", col.term.mean()),
    ("pos_term_max", "Most instalments of a loan.", col.term.max()),
    ("pos_term_cut_mean", "Mean instalments by which terms were changed.", (col.term - col.shortest_term).mean()),
    ("pos_open_future_sum", "Instalments left of running loans.", of(_open, col.future).sum()),
    (
        "pos_open_future_share",
        "Share of running loans' instalments that are left.",
        of(_open, col.future).sum() / of(_open, col.term).sum(),
    ),
    ("pos_month_count_12m", "Loan months in the last 12.", col.months_12m.sum()),
)

FEATURES = (*_delays, *_loans)
