"""Payments on earlier loans at this lender: one row per payment, beside the instalment it was for."""

from __future__ import annotations

import polars as pl

from training.features.history.feature import amount, day, features, of

TABLE = "installments_payments"

_WINDOWS = (90, 365, 730)

_due = pl.col("due")
_paid_on = pl.col("paid_on")
_delay = pl.col("delay")
_late = pl.col("delay") > 0
_owed = pl.col("owed")
_paid = pl.col("paid")
_short = pl.col("short")


def _payments(rows: pl.LazyFrame) -> pl.LazyFrame:
    due, paid_on = day("DAYS_INSTALMENT"), day("DAYS_ENTRY_PAYMENT")
    owed, paid = amount("AMT_INSTALMENT"), amount("AMT_PAYMENT")
    return rows.select(
        "SK_ID_CURR",
        "SK_ID_PREV",
        version=pl.col("NUM_INSTALMENT_VERSION"),
        due=due,
        paid_on=paid_on,
        delay=paid_on - due,
        owed=owed,
        paid=paid,
        short=(owed - paid).clip(lower_bound=0),
    )


def loans(rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row per loan: what its payments add up to."""
    late_by = _delay.clip(lower_bound=0)
    return (
        _payments(rows)
        .group_by("SK_ID_CURR", "SK_ID_PREV")
        .agg(
            payments=pl.len(),
            dated=_delay.count(),
            first=_due.min(),
            last=_due.max(),
            last_paid_on=_paid_on.max(),
            late=_late.sum(),
            week_late=(_delay > 7).sum(),
            month_late=(_delay > 30).sum(),
            early=(-_delay).clip(lower_bound=0).sum(),
            delay=late_by.sum(),
            delay_max=late_by.max(),
            last_late=of(_late, _due).max(),
            owed=_owed.sum(),
            paid=_paid.sum(),
            paid_max=_paid.max(),
            paid_min=_paid.min(),
            short=_short.sum(),
            short_max=_short.max(),
            in_part=(_short > 0).sum(),
            plans=pl.col("version").n_unique(),
            **{f"payments_{w}d": (_due >= -w).sum() for w in _WINDOWS},
            **{f"dated_{w}d": of(_due >= -w, _delay).count() for w in _WINDOWS},
            **{f"late_{w}d": ((_due >= -w) & _late).sum() for w in _WINDOWS},
            **{f"delay_max_{w}d": of(_due >= -w, late_by).max() for w in _WINDOWS},
            **{f"owed_{w}d": of(_due >= -w, _owed).sum() for w in _WINDOWS},
            **{f"paid_{w}d": of(_due >= -w, _paid).sum() for w in _WINDOWS},
            **{f"short_{w}d": of(_due >= -w, _short).sum() for w in _WINDOWS},
            **{f"in_part_{w}d": ((_due >= -w) & (_short > 0)).sum() for w in _WINDOWS},
        )
    )


def _total(column: str) -> pl.Expr:
    return pl.col(column).sum()


def _newest(column: str) -> pl.Expr:
    """The column of the loan whose last instalment is the newest; ties go to the higher identity."""
    return pl.col(column).max_by(pl.col("last").cast(pl.Int64) * 2**32 + pl.col("SK_ID_PREV"))


_delays = features(
    TABLE,
    "payment_delays",
    ("instalment_late_count", "Instalments paid late.", _total("late")),
    ("instalment_late_share", "Share of instalments paid late.", _total("late") / _total("dated")),
    *(
        (
            f"instalment_late_share_{w}d",
            f"Share of the instalments of {w} days paid late.",
            _total(f"late_{w}d") / _total(f"dated_{w}d"),
        )
        for w in _WINDOWS
    ),
    ("instalment_week_late_share", "Share paid over 7 days late.", _total("week_late") / _total("dated")),
    ("instalment_month_late_share", "Share paid over 30 days late.", _total("month_late") / _total("dated")),
    ("instalment_dpd_mean", "Mean days late, early payments as 0.", _total("delay") / _total("dated")),
    ("instalment_dpd_max", "Most days late.", pl.col("delay_max").max()),
    *(
        (f"instalment_dpd_max_{w}d", f"Most days late, instalments of {w} days.", pl.col(f"delay_max_{w}d").max())
        for w in _WINDOWS
    ),
    ("instalment_early_mean", "Mean days paid early, late payments as 0.", _total("early") / _total("dated")),
    ("instalment_late_last", "Last instalment day that was paid late.", pl.col("last_late").max()),
    ("instalment_late_loan_share", "Share of loans ever paid late.", (pl.col("late") > 0).mean()),
    (
        "instalment_late_share_change_365d",
        "Share paid late of a year minus before.",
        _total("late_365d") / _total("dated_365d")
        - (_total("late") - _total("late_365d")) / (_total("dated") - _total("dated_365d")),
    ),
    ("instalment_newest_late_share", "Share paid late of the newest loan.", _newest("late") / _newest("dated")),
    ("instalment_newest_dpd_max", "Most days late on the newest loan.", _newest("delay_max")),
    ("instalment_part_share", "Share of payments below the instalment.", _total("in_part") / _total("payments")),
    *(
        (
            f"instalment_part_share_{w}d",
            f"Share of the payments of {w} days below the instalment.",
            _total(f"in_part_{w}d") / _total(f"payments_{w}d"),
        )
        for w in _WINDOWS
    ),
    ("instalment_short_share", "Amounts missing from payments over what was due.", _total("short") / _total("owed")),
    *(
        (
            f"instalment_short_share_{w}d",
            f"Amounts missing over what was due in {w} days.",
            _total(f"short_{w}d") / _total(f"owed_{w}d"),
        )
        for w in _WINDOWS
    ),
    ("instalment_short_max", "Largest amount missing from a payment.", pl.col("short_max").max()),
)

_loans = features(
    TABLE,
    "previous_loans",
    ("instalment_count", "Payments made.", _total("payments")),
    ("instalment_loan_count", "Loans with payments.", pl.len()),
    ("instalment_first", "Day of the first instalment.", pl.col("first").min()),
    ("instalment_last", "Day of the last instalment.", pl.col("last").max()),
    ("instalment_paid_last", "Day of the last payment.", pl.col("last_paid_on").max()),
    ("instalment_paid_sum", "Amount paid.", _total("paid")),
    ("instalment_paid_mean", "Mean payment.", _total("paid") / _total("payments")),
    ("instalment_paid_max", "Largest payment.", pl.col("paid_max").max()),
    ("instalment_paid_min", "Smallest payment.", pl.col("paid_min").min()),
    *((f"instalment_paid_sum_{w}d", f"Amount paid, instalments of {w} days.", _total(f"paid_{w}d")) for w in _WINDOWS),
    ("instalment_payments_mean", "Mean payments of a loan.", pl.col("payments").mean()),
    ("instalment_plan_mean", "Mean payment plans of a loan.", pl.col("plans").mean()),
)

FEATURES = (*_delays, *_loans)
