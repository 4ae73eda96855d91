"""Months of credit cards at this lender: one row per card and month."""

from __future__ import annotations

import polars as pl
from polars import col

from training.product.history import amount, features, mean_change, of, quotient, slope

TABLE = "credit_card_balance"

_WINDOWS = (3, 12)

_below = of(col.minimum > 0, col.paid < col.minimum)


def _within(months: int) -> pl.Expr:
    return col.month >= -months


def months(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The table's rows with the columns that the features use."""
    return rows.select(
        "SK_ID_CURR",
        "SK_DPD",
        "SK_DPD_DEF",
        "CNT_DRAWINGS_CURRENT",
        "CNT_DRAWINGS_ATM_CURRENT",
        "CNT_INSTALMENT_MATURE_CUM",
        month=col.MONTHS_BALANCE,
        balance=amount("AMT_BALANCE"),
        limit=amount("AMT_CREDIT_LIMIT_ACTUAL"),
        drawn=amount("AMT_DRAWINGS_CURRENT"),
        cash=amount("AMT_DRAWINGS_ATM_CURRENT"),
        bought=amount("AMT_DRAWINGS_POS_CURRENT"),
        paid=amount("AMT_PAYMENT_TOTAL_CURRENT"),
        minimum=amount("AMT_INST_MIN_REGULARITY"),
        principal=amount("AMT_RECEIVABLE_PRINCIPAL"),
        receivable=amount("AMT_TOTAL_RECEIVABLE"),
        use=quotient(amount("AMT_BALANCE"), amount("AMT_CREDIT_LIMIT_ACTUAL")),
    )


_usage = features(
    TABLE,
    "card_usage",
    ("card_month_count", "Months of credit cards.", pl.len()),
    ("card_last", "Last month of a card.", col.month.max()),
    ("card_utilisation_mean", "Mean balance over limit.", col.use.mean()),
    ("card_utilisation_max", "Largest balance over limit.", col.use.max()),
    *(
        (f"card_utilisation_mean_{w}m", f"Mean balance over limit, {w} months.", of(_within(w), col.use).mean())
        for w in _WINDOWS
    ),
    ("card_utilisation_change_6m", "Mean utilisation of 6 months minus before.", mean_change(col.use, _within(6))),
    (
        "card_utilisation_slope_12m",
        "Change of utilisation a month, 12 months.",
        slope(of(_within(12), col.use), col.month),
    ),
    ("card_over_limit_share", "Share of months over the limit.", (col.use > 1).mean()),
    ("card_balance_mean", "Mean balance.", col.balance.mean()),
    ("card_balance_max", "Largest balance.", col.balance.max()),
    *((f"card_balance_mean_{w}m", f"Mean balance, {w} months.", of(_within(w), col.balance).mean()) for w in _WINDOWS),
    ("card_balance_change_6m", "Mean balance of 6 months minus before.", mean_change(col.balance, _within(6))),
    (
        "card_balance_slope_12m",
        "Change of the balance a month, 12 months.",
        slope(of(_within(12), col.balance), col.month),
    ),
    ("card_unused_share", "Share of months without a balance.", (col.balance <= 0).mean()),
    ("card_limit_max", "Largest limit.", col.limit.max()),
    ("card_limit_mean_3m", "Mean limit, 3 months.", of(_within(3), col.limit).mean()),
    ("card_limit_change_6m", "Mean limit of 6 months minus before.", mean_change(col.limit, _within(6))),
    ("card_drawn_mean", "Mean drawings a month.", col.drawn.mean()),
    ("card_drawn_max", "Largest drawings of a month.", col.drawn.max()),
    *(
        (f"card_drawn_mean_{w}m", f"Mean drawings a month, {w} months.", of(_within(w), col.drawn).mean())
        for w in _WINDOWS
    ),
    (
        "card_drawn_to_limit_12m",
        "Drawings over limits, 12 months.",
        of(_within(12), col.drawn).sum() / of(_within(12), col.limit).sum(),
    ),
    ("card_cash_mean", "Mean cash drawn a month.", col.cash.mean()),
    ("card_cash_mean_12m", "Mean cash drawn a month, 12 months.", of(_within(12), col.cash).mean()),
    ("card_cash_share", "Cash over all drawings.", col.cash.sum() / col.drawn.sum()),
    ("card_bought_mean", "Mean purchases a month.", col.bought.mean()),
    ("card_drawings_mean", "Mean number of drawings a month.", col.CNT_DRAWINGS_CURRENT.mean()),
    ("card_withdrawals_mean", "Mean number of cash drawings a month.", col.CNT_DRAWINGS_ATM_CURRENT.mean()),
    ("card_drawing_month_share", "Share of months with a drawing.", (col.drawn > 0).mean()),
    ("card_interest_mean", "Mean receivable beyond the principal.", (col.receivable - col.principal).mean()),
    ("card_instalment_max", "Most instalments paid on a card.", col.CNT_INSTALMENT_MATURE_CUM.max()),
    ("card_paid_mean", "Mean payment a month.", col.paid.mean()),
    ("card_paid_to_balance", "Payments over balances.", col.paid.sum() / col.balance.sum()),
    ("card_paid_to_drawn", "Payments over drawings.", col.paid.sum() / col.drawn.sum()),
)

_delays = features(
    TABLE,
    "payment_delays",
    ("card_paid_to_minimum", "Payments over the least that was due.", col.paid.sum() / col.minimum.sum()),
    (
        "card_paid_to_minimum_12m",
        "Payments over the least due, 12 months.",
        of(_within(12), col.paid).sum() / of(_within(12), col.minimum).sum(),
    ),
    ("card_below_minimum_share", "Share of months paid below the least due.", _below.mean()),
    ("card_below_minimum_share_12m", "Share of 12 months paid below the least due.", of(_within(12), _below).mean()),
    ("card_late_share", "Share of months with days past due.", (col.SK_DPD > 0).mean()),
    ("card_dpd_max", "Most days past due.", col.SK_DPD.max()),
    ("card_serious_share", "Share of months past due, small debts left out.", (col.SK_DPD_DEF > 0).mean()),
    ("card_late_share_12m", "Share of 12 months with days past due.", of(_within(12), col.SK_DPD > 0).mean()),
    ("card_late_last", "Last month with days past due.", of(col.SK_DPD > 0, col.month).max()),
)

FEATURES = (*_usage, *_delays)
