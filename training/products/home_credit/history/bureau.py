"""Loans at other lenders, from the credit bureau: one row per loan."""

from __future__ import annotations

import polars as pl
from polars import col

from training.product.history import amount, features, mean_change, of, quotient
from training.products.home_credit.history.blocks import YEARS, day, newest_first

TABLE = "bureau"

_last3 = col.rank <= 3
_consumer = col.CREDIT_TYPE == "Consumer credit"
_card = col.CREDIT_TYPE == "Credit card"
_mortgage = col.CREDIT_TYPE == "Mortgage"
_micro = col.CREDIT_TYPE == "Microloan"


def _since(years: int) -> pl.Expr:
    return col.opened >= -365 * years


def loans(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The table's rows with the columns that the features use."""
    return rows.select(
        "SK_ID_CURR",
        "CREDIT_TYPE",
        opened=day("DAYS_CREDIT"),
        due=day("DAYS_CREDIT_ENDDATE"),
        ended=day("DAYS_ENDDATE_FACT"),
        updated=day("DAYS_CREDIT_UPDATE"),
        credit=amount("AMT_CREDIT_SUM"),
        debt=amount("AMT_CREDIT_SUM_DEBT"),
        limit=amount("AMT_CREDIT_SUM_LIMIT"),
        overdue=amount("AMT_CREDIT_SUM_OVERDUE"),
        worst=amount("AMT_CREDIT_MAX_OVERDUE"),
        annuity=amount("AMT_ANNUITY"),
        overdue_days=col.CREDIT_DAY_OVERDUE,
        prolongations=col.CNT_CREDIT_PROLONG,
        active=col.CREDIT_ACTIVE == "Active",
        closed=col.CREDIT_ACTIVE == "Closed",
        rank=newest_first(col.DAYS_CREDIT, col.SK_ID_BUREAU),
    ).with_columns(
        debt_share=quotient(col.debt, col.credit),
        monthly=amount(of(col.due > 0, col.debt * 30 / col.due)),
        worst_share=quotient(col.worst, col.credit),
    )


_debts = features(
    TABLE,
    "bureau_debt",
    ("bureau_credit_sum", "Credit granted by other lenders, all loans.", col.credit.sum()),
    ("bureau_credit_mean", "Mean credit of a loan at another lender.", col.credit.mean()),
    ("bureau_credit_max", "Largest credit at another lender.", col.credit.max()),
    *(
        (f"bureau_credit_sum_{y}y", f"Credit granted by others in {when}.", of(_since(y), col.credit).sum())
        for y, when in YEARS.items()
    ),
    ("bureau_active_credit_sum", "Credit of open loans.", of(col.active, col.credit).sum()),
    ("bureau_active_credit_max", "Largest credit of an open loan.", of(col.active, col.credit).max()),
    ("bureau_closed_credit_sum", "Credit of closed loans.", of(col.closed, col.credit).sum()),
    ("bureau_closed_credit_mean", "Mean credit of closed loans.", of(col.closed, col.credit).mean()),
    ("bureau_active_debt_sum", "Debt still owed on open loans.", of(col.active, col.debt).sum()),
    ("bureau_active_debt_max", "Largest debt of an open loan.", of(col.active, col.debt).max()),
    ("bureau_active_debt_sum_1y", "Debt of open loans of the last year.", of(col.active & _since(1), col.debt).sum()),
    ("bureau_consumer_debt_sum", "Debt of open consumer loans.", of(col.active & _consumer, col.debt).sum()),
    ("bureau_card_debt_sum", "Debt of open credit cards.", of(col.active & _card, col.debt).sum()),
    ("bureau_mortgage_debt_sum", "Debt of open mortgages.", of(col.active & _mortgage, col.debt).sum()),
    (
        "bureau_active_debt_to_credit",
        "Debt of open loans over their credit.",
        of(col.active, col.debt).sum() / of(col.active, col.credit).sum(),
    ),
    (
        "bureau_active_debt_to_credit_max",
        "Largest debt over credit of an open loan.",
        of(col.active, col.debt_share).max(),
    ),
    (
        "bureau_card_utilisation",
        "Debt of open credit cards over their credit.",
        of(col.active & _card, col.debt).sum() / of(col.active & _card, col.credit).sum(),
    ),
    ("bureau_active_limit_sum", "Card limits still available.", of(col.active, col.limit).sum()),
    ("bureau_active_annuity_sum", "Annuities of open loans.", of(col.active, col.annuity).sum()),
    ("bureau_active_annuity_mean", "Mean annuity of open loans.", of(col.active, col.annuity).mean()),
    (
        "bureau_active_monthly_sum",
        "What open loans cost a month if paid evenly until they are due.",
        of(col.active, col.monthly).sum(),
    ),
    ("bureau_credit_change_2y", "Mean credit of the last two years minus before.", mean_change(col.credit, _since(2))),
    ("bureau_credit_mean_last3", "Mean credit of the last three loans.", of(_last3, col.credit).mean()),
)

_history = features(
    TABLE,
    "bureau_history",
    ("bureau_count", "Loans at other lenders.", pl.len()),
    ("bureau_active_count", "Open loans at other lenders.", col.active.sum()),
    ("bureau_closed_count", "Closed loans at other lenders.", col.closed.sum()),
    ("bureau_active_share", "Share of loans that are open.", col.active.mean()),
    *((f"bureau_count_{y}y", f"Loans taken in {when}.", _since(y).sum()) for y, when in YEARS.items()),
    ("bureau_consumer_count", "Consumer loans.", _consumer.sum()),
    ("bureau_card_count", "Credit cards.", _card.sum()),
    ("bureau_mortgage_count", "Mortgages.", _mortgage.sum()),
    ("bureau_microloan_count", "Microloans.", _micro.sum()),
    ("bureau_card_active_count", "Open credit cards.", (col.active & _card).sum()),
    ("bureau_consumer_active_count", "Open consumer loans.", (col.active & _consumer).sum()),
    ("bureau_opened_last", "Day of the newest loan.", col.opened.max()),
    ("bureau_opened_first", "Day of the oldest loan.", col.opened.min()),
    ("bureau_opened_mean", "Mean day on which loans were taken.", col.opened.mean()),
    ("bureau_opened_mean_last3", "Mean day of the last three loans.", of(_last3, col.opened).mean()),
    ("bureau_opened_interval", "Mean days between two loans.", (col.opened.max() - col.opened.min()) / (pl.len() - 1)),
    ("bureau_active_opened_last", "Day of the newest open loan.", of(col.active, col.opened).max()),
    ("bureau_active_opened_mean", "Mean day on which open loans were taken.", of(col.active, col.opened).mean()),
    ("bureau_consumer_opened_last", "Day of the newest consumer loan.", of(_consumer, col.opened).max()),
    ("bureau_card_opened_last", "Day of the newest credit card.", of(_card, col.opened).max()),
    ("bureau_active_due_last", "Day on which the last open loan is due.", of(col.active, col.due).max()),
    ("bureau_active_due_mean", "Mean day on which open loans are due.", of(col.active, col.due).mean()),
    ("bureau_active_past_due_count", "Loans open after the day they were due.", (col.active & (col.due < 0)).sum()),
    ("bureau_term_mean", "Mean agreed days of a loan.", (col.due - col.opened).mean()),
    ("bureau_closed_ended_last", "Day on which a loan was last closed.", of(col.closed, col.ended).max()),
    ("bureau_closed_ended_mean", "Mean day on which loans were closed.", of(col.closed, col.ended).mean()),
    ("bureau_closed_count_1y", "Loans closed in the last year.", (col.closed & (col.ended >= -365)).sum()),
    (
        "bureau_closed_early_mean",
        "Mean days that loans were closed before they were due.",
        (col.due - col.ended).mean(),
    ),
    ("bureau_closed_duration_mean", "Mean days that closed loans ran.", (col.ended - col.opened).mean()),
    ("bureau_updated_mean", "Mean day of the bureau's information.", col.updated.mean()),
    ("bureau_active_share_last3", "Share of the last three loans that are open.", of(_last3, col.active).mean()),
)

_arrears = features(
    TABLE,
    "bureau_arrears",
    ("bureau_overdue_sum", "Amount overdue today.", col.overdue.sum()),
    ("bureau_overdue_days_max", "Most days overdue today.", col.overdue_days.max()),
    ("bureau_worst_overdue_max", "Largest amount ever overdue.", col.worst.max()),
    ("bureau_worst_overdue_mean", "Mean of the loans' largest amounts overdue.", col.worst.mean()),
    ("bureau_worst_overdue_max_2y", "Largest amount overdue on loans of two years.", of(_since(2), col.worst).max()),
    (
        "bureau_active_worst_overdue_mean",
        "Mean largest amount overdue of open loans.",
        of(col.active, col.worst).mean(),
    ),
    ("bureau_worst_overdue_share", "Share of loans ever overdue, where it is known.", (col.worst > 0).mean()),
    ("bureau_worst_overdue_to_credit_max", "Largest amount overdue over credit.", col.worst_share.max()),
    ("bureau_prolongation_count", "Prolongations of loans.", col.prolongations.sum()),
)

FEATURES = (*_debts, *_history, *_arrears)
