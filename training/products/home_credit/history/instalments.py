"""Payments on earlier loans at this lender: one row per payment, with the instalment that it pays."""

from __future__ import annotations

import polars as pl
from polars import col

from training.product.history import amount, features, of
from training.products.home_credit.history.blocks import CLIENT, day

TABLE = "installments_payments"

_WINDOWS = (730, 365, 90)


def _payments(rows: pl.LazyFrame) -> pl.LazyFrame:
    due, paid_on = day("DAYS_INSTALMENT"), day("DAYS_ENTRY_PAYMENT")
    owed, paid = amount("AMT_INSTALMENT"), amount("AMT_PAYMENT")
    return rows.select(
        CLIENT,
        period=pl.sum_horizontal((due >= -w).cast(pl.Int8) for w in _WINDOWS),
        version=col.NUM_INSTALMENT_VERSION,
        due=due,
        paid_on=paid_on,
        delay=paid_on - due,
        owed=owed,
        paid=paid,
        short=(owed - paid).clip(lower_bound=0),
    )


def periods(rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row per client and period: sums and extremes over its payments.

    A window is a union of periods, so each payment is added up once instead of once per window.
    """
    late_by = col.delay.clip(lower_bound=0)
    return (
        _payments(rows)
        .group_by(CLIENT, "period")
        .agg(
            payments=pl.len(),
            dated=col.delay.count(),
            first=col.due.min(),
            last=col.due.max(),
            last_paid_on=col.paid_on.max(),
            late=(col.delay > 0).sum(),
            week_late=(col.delay > 7).sum(),
            last_late=of(col.delay > 0, col.due).max(),
            delay=col.delay.sum(),
            late_by=late_by.sum(),
            late_by_max=late_by.max(),
            owed=col.owed.sum(),
            paid=col.paid.sum(),
            paid_max=col.paid.max(),
            paid_min=col.paid.min(),
            short=col.short.sum(),
            short_max=col.short.max(),
            in_part=(col.short > 0).sum(),
            version=col.version.max(),
        )
    )


def _recent(window: int, column: str) -> pl.Expr:
    """The column if the period belongs to the window, else null; a period's number counts the windows that hold it."""
    return of(col.period > _WINDOWS.index(window), col(column))


def _share(window: int, part: str, whole: str) -> pl.Expr:
    return _recent(window, part).sum() / _recent(window, whole).sum()


_delays = features(
    TABLE,
    "payment_delays",
    ("instalment_late_count", "Instalments paid late.", col.late.sum()),
    ("instalment_late_share", "Share of instalments paid late.", col.late.sum() / col.dated.sum()),
    *(
        (f"instalment_late_share_{w}d", f"Share of the instalments of {w} days paid late.", _share(w, "late", "dated"))
        for w in _WINDOWS
    ),
    ("instalment_week_late_share", "Share paid over 7 days late.", col.week_late.sum() / col.dated.sum()),
    ("instalment_dpd_mean", "Mean days late, early payments as 0.", col.late_by.sum() / col.dated.sum()),
    ("instalment_dpd_max", "Most days late.", col.late_by_max.max()),
    *(
        (f"instalment_dpd_max_{w}d", f"Most days late, instalments of {w} days.", _recent(w, "late_by_max").max())
        for w in _WINDOWS
    ),
    (
        "instalment_early_mean",
        "Mean days paid early, late payments as 0.",
        (col.late_by.sum() - col.delay.sum()) / col.dated.sum(),
    ),
    ("instalment_late_last", "Last instalment day that was paid late.", col.last_late.max()),
    (
        "instalment_late_share_change_365d",
        "Share paid late of a year minus before.",
        _share(365, "late", "dated")
        - (col.late.sum() - _recent(365, "late").sum()) / (col.dated.sum() - _recent(365, "dated").sum()),
    ),
    ("instalment_part_share", "Share of payments below the instalment.", col.in_part.sum() / col.payments.sum()),
    *(
        (
            f"instalment_part_share_{w}d",
            f"Share of the payments of {w} days below the instalment.",
            _share(w, "in_part", "payments"),
        )
        for w in _WINDOWS
    ),
    ("instalment_short_share", "Amounts missing from payments over what was due.", col.short.sum() / col.owed.sum()),
    *(
        (f"instalment_short_share_{w}d", f"Amounts missing over what was due in {w} days.", _share(w, "short", "owed"))
        for w in _WINDOWS
    ),
    ("instalment_short_max", "Largest amount missing from a payment.", col.short_max.max()),
)

_loans = features(
    TABLE,
    "previous_loans",
    ("instalment_count", "Payments made.", col.payments.sum()),
    ("instalment_first", "Day of the first instalment.", col.first.min()),
    ("instalment_last", "Day of the last instalment.", col.last.max()),
    ("instalment_paid_last", "Day of the last payment.", col.last_paid_on.max()),
    ("instalment_paid_sum", "Amount paid.", col.paid.sum()),
    ("instalment_paid_mean", "Mean payment.", col.paid.sum() / col.payments.sum()),
    ("instalment_paid_max", "Largest payment.", col.paid_max.max()),
    ("instalment_paid_min", "Smallest payment.", col.paid_min.min()),
    *(
        (f"instalment_paid_sum_{w}d", f"Amount paid, instalments of {w} days.", _recent(w, "paid").sum())
        for w in _WINDOWS
    ),
    ("instalment_version_max", "How often a loan's payment plan was changed at most.", col.version.max()),
)

FEATURES = (*_delays, *_loans)
