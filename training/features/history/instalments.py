"""Payments on earlier loans at this lender: one row per payment, beside the instalment it was for."""

from __future__ import annotations

import polars as pl

from training.features.history.feature import CLIENT, amount, day, features, of

TABLE = "installments_payments"

_WINDOWS = (730, 365, 90)

_due = pl.col("due")
_delay = pl.col("delay")
_short = pl.col("short")


def _payments(rows: pl.LazyFrame) -> pl.LazyFrame:
    due, paid_on = day("DAYS_INSTALMENT"), day("DAYS_ENTRY_PAYMENT")
    owed, paid = amount("AMT_INSTALMENT"), amount("AMT_PAYMENT")
    return rows.select(
        CLIENT,
        period=pl.sum_horizontal((due >= -w).cast(pl.Int8) for w in _WINDOWS),
        version=pl.col("NUM_INSTALMENT_VERSION"),
        due=due,
        paid_on=paid_on,
        delay=paid_on - due,
        owed=owed,
        paid=paid,
        short=(owed - paid).clip(lower_bound=0),
    )


def periods(rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row per client and period: what its payments add up to.

    A window is a union of periods, so that each payment is added up once and not once a window.
    """
    late_by = _delay.clip(lower_bound=0)
    return (
        _payments(rows)
        .group_by(CLIENT, "period")
        .agg(
            payments=pl.len(),
            dated=_delay.count(),
            first=_due.min(),
            last=_due.max(),
            last_paid_on=pl.col("paid_on").max(),
            late=(_delay > 0).sum(),
            week_late=(_delay > 7).sum(),
            last_late=of(_delay > 0, _due).max(),
            delay=_delay.sum(),
            late_by=late_by.sum(),
            late_by_max=late_by.max(),
            owed=pl.col("owed").sum(),
            paid=pl.col("paid").sum(),
            paid_max=pl.col("paid").max(),
            paid_min=pl.col("paid").min(),
            short=_short.sum(),
            short_max=_short.max(),
            in_part=(_short > 0).sum(),
            version=pl.col("version").max(),
        )
    )


def _total(column: str) -> pl.Expr:
    return pl.col(column).sum()


def _recent(window: int, column: str) -> pl.Expr:
    """The column where the period belongs to the window: a period's number is that of the windows it is in."""
    return of(pl.col("period") > _WINDOWS.index(window), pl.col(column))


def _share(window: int, part: str, whole: str) -> pl.Expr:
    return _recent(window, part).sum() / _recent(window, whole).sum()


_delays = features(
    TABLE,
    "payment_delays",
    ("instalment_late_count", "Instalments paid late.", _total("late")),
    ("instalment_late_share", "Share of instalments paid late.", _total("late") / _total("dated")),
    *(
        (f"instalment_late_share_{w}d", f"Share of the instalments of {w} days paid late.", _share(w, "late", "dated"))
        for w in _WINDOWS
    ),
    ("instalment_week_late_share", "Share paid over 7 days late.", _total("week_late") / _total("dated")),
    ("instalment_dpd_mean", "Mean days late, early payments as 0.", _total("late_by") / _total("dated")),
    ("instalment_dpd_max", "Most days late.", pl.col("late_by_max").max()),
    *(
        (f"instalment_dpd_max_{w}d", f"Most days late, instalments of {w} days.", _recent(w, "late_by_max").max())
        for w in _WINDOWS
    ),
    (
        "instalment_early_mean",
        "Mean days paid early, late payments as 0.",
        (_total("late_by") - _total("delay")) / _total("dated"),
    ),
    ("instalment_late_last", "Last instalment day that was paid late.", pl.col("last_late").max()),
    (
        "instalment_late_share_change_365d",
        "Share paid late of a year minus before.",
        _share(365, "late", "dated")
        - (_total("late") - _recent(365, "late").sum()) / (_total("dated") - _recent(365, "dated").sum()),
    ),
    ("instalment_part_share", "Share of payments below the instalment.", _total("in_part") / _total("payments")),
    *(
        (
            f"instalment_part_share_{w}d",
            f"Share of the payments of {w} days below the instalment.",
            _share(w, "in_part", "payments"),
        )
        for w in _WINDOWS
    ),
    ("instalment_short_share", "Amounts missing from payments over what was due.", _total("short") / _total("owed")),
    *(
        (f"instalment_short_share_{w}d", f"Amounts missing over what was due in {w} days.", _share(w, "short", "owed"))
        for w in _WINDOWS
    ),
    ("instalment_short_max", "Largest amount missing from a payment.", pl.col("short_max").max()),
)

_loans = features(
    TABLE,
    "previous_loans",
    ("instalment_count", "Payments made.", _total("payments")),
    ("instalment_first", "Day of the first instalment.", pl.col("first").min()),
    ("instalment_last", "Day of the last instalment.", pl.col("last").max()),
    ("instalment_paid_last", "Day of the last payment.", pl.col("last_paid_on").max()),
    ("instalment_paid_sum", "Amount paid.", _total("paid")),
    ("instalment_paid_mean", "Mean payment.", _total("paid") / _total("payments")),
    ("instalment_paid_max", "Largest payment.", pl.col("paid_max").max()),
    ("instalment_paid_min", "Smallest payment.", pl.col("paid_min").min()),
    *(
        (f"instalment_paid_sum_{w}d", f"Amount paid, instalments of {w} days.", _recent(w, "paid").sum())
        for w in _WINDOWS
    ),
    ("instalment_version_max", "How often a loan's payment plan was changed at most.", pl.col("version").max()),
)

FEATURES = (*_delays, *_loans)
