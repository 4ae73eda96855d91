"""Loans at other lenders, from the credit bureau: one row per loan."""

from __future__ import annotations

import polars as pl

from training.features.history.feature import (
    YEARS,
    amount,
    day,
    features,
    mean_change,
    newest_first,
    of,
    quotient,
)

TABLE = "bureau"

_opened = pl.col("opened")
_due = pl.col("due")
_ended = pl.col("ended")
_credit = pl.col("credit")
_debt = pl.col("debt")
_overdue = pl.col("overdue")
_worst = pl.col("worst")
_annuity = pl.col("annuity")
_active = pl.col("active")
_closed = pl.col("closed")
_last3 = pl.col("rank") <= 3
_type = pl.col("CREDIT_TYPE")
_consumer = _type == "Consumer credit"
_card = _type == "Credit card"
_mortgage = _type == "Mortgage"
_micro = _type == "Microloan"


def _since(years: int) -> pl.Expr:
    return _opened >= -365 * years


def loans(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The table's rows with the columns that the features are made of."""
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
        overdue_days=pl.col("CREDIT_DAY_OVERDUE"),
        prolongations=pl.col("CNT_CREDIT_PROLONG"),
        active=pl.col("CREDIT_ACTIVE") == "Active",
        closed=pl.col("CREDIT_ACTIVE") == "Closed",
        rank=newest_first(pl.col("DAYS_CREDIT"), pl.col("SK_ID_BUREAU")),
    ).with_columns(
        debt_share=quotient(_debt, _credit),
        monthly=amount(of(_due > 0, _debt * 30 / _due)),
        worst_share=quotient(_worst, _credit),
    )


_debts = features(
    TABLE,
    "bureau_debt",
    ("bureau_credit_sum", "Credit granted by other lenders, all loans.", _credit.sum()),
    ("bureau_credit_mean", "Mean credit of a loan at another lender.", _credit.mean()),
    ("bureau_credit_max", "Largest credit at another lender.", _credit.max()),
    *(
        (f"bureau_credit_sum_{y}y", f"Credit granted by others in {when}.", of(_since(y), _credit).sum())
        for y, when in YEARS.items()
    ),
    ("bureau_active_credit_sum", "Credit of open loans.", of(_active, _credit).sum()),
    ("bureau_active_credit_max", "Largest credit of an open loan.", of(_active, _credit).max()),
    ("bureau_closed_credit_sum", "Credit of closed loans.", of(_closed, _credit).sum()),
    ("bureau_closed_credit_mean", "Mean credit of closed loans.", of(_closed, _credit).mean()),
    ("bureau_active_debt_sum", "Debt still owed on open loans.", of(_active, _debt).sum()),
    ("bureau_active_debt_max", "Largest debt of an open loan.", of(_active, _debt).max()),
    ("bureau_active_debt_sum_1y", "Debt of open loans of the last year.", of(_active & _since(1), _debt).sum()),
    ("bureau_consumer_debt_sum", "Debt of open consumer loans.", of(_active & _consumer, _debt).sum()),
    ("bureau_card_debt_sum", "Debt of open credit cards.", of(_active & _card, _debt).sum()),
    ("bureau_mortgage_debt_sum", "Debt of open mortgages.", of(_active & _mortgage, _debt).sum()),
    (
        "bureau_active_debt_to_credit",
        "Debt of open loans over their credit.",
        of(_active, _debt).sum() / of(_active, _credit).sum(),
    ),
    (
        "bureau_active_debt_to_credit_max",
        "Largest debt over credit of an open loan.",
        of(_active, pl.col("debt_share")).max(),
    ),
    (
        "bureau_card_utilisation",
        "Debt of open credit cards over their credit.",
        of(_active & _card, _debt).sum() / of(_active & _card, _credit).sum(),
    ),
    ("bureau_active_limit_sum", "Card limits still available.", of(_active, pl.col("limit")).sum()),
    ("bureau_active_annuity_sum", "Annuities of open loans.", of(_active, _annuity).sum()),
    ("bureau_active_annuity_mean", "Mean annuity of open loans.", of(_active, _annuity).mean()),
    (
        "bureau_active_monthly_sum",
        "What open loans cost a month if paid evenly until they are due.",
        of(_active, pl.col("monthly")).sum(),
    ),
    ("bureau_credit_change_2y", "Mean credit of the last two years minus before.", mean_change(_credit, _since(2))),
    ("bureau_credit_mean_last3", "Mean credit of the last three loans.", of(_last3, _credit).mean()),
)

_history = features(
    TABLE,
    "bureau_history",
    ("bureau_count", "Loans at other lenders.", pl.len()),
    ("bureau_active_count", "Open loans at other lenders.", _active.sum()),
    ("bureau_closed_count", "Closed loans at other lenders.", _closed.sum()),
    ("bureau_active_share", "Share of loans that are open.", _active.mean()),
    *((f"bureau_count_{y}y", f"Loans taken in {when}.", _since(y).sum()) for y, when in YEARS.items()),
    ("bureau_consumer_count", "Consumer loans.", _consumer.sum()),
    ("bureau_card_count", "Credit cards.", _card.sum()),
    ("bureau_mortgage_count", "Mortgages.", _mortgage.sum()),
    ("bureau_microloan_count", "Microloans.", _micro.sum()),
    ("bureau_card_active_count", "Open credit cards.", (_active & _card).sum()),
    ("bureau_consumer_active_count", "Open consumer loans.", (_active & _consumer).sum()),
    ("bureau_opened_last", "Day of the newest loan.", _opened.max()),
    ("bureau_opened_first", "Day of the oldest loan.", _opened.min()),
    ("bureau_opened_mean", "Mean day on which loans were taken.", _opened.mean()),
    ("bureau_opened_mean_last3", "Mean day of the last three loans.", of(_last3, _opened).mean()),
    ("bureau_opened_interval", "Mean days between two loans.", (_opened.max() - _opened.min()) / (pl.len() - 1)),
    ("bureau_active_opened_last", "Day of the newest open loan.", of(_active, _opened).max()),
    ("bureau_active_opened_mean", "Mean day on which open loans were taken.", of(_active, _opened).mean()),
    ("bureau_consumer_opened_last", "Day of the newest consumer loan.", of(_consumer, _opened).max()),
    ("bureau_card_opened_last", "Day of the newest credit card.", of(_card, _opened).max()),
    ("bureau_active_due_last", "Day on which the last open loan is due.", of(_active, _due).max()),
    ("bureau_active_due_mean", "Mean day on which open loans are due.", of(_active, _due).mean()),
    ("bureau_active_past_due_count", "Loans open after the day they were due.", (_active & (_due < 0)).sum()),
    ("bureau_term_mean", "Mean agreed days of a loan.", (_due - _opened).mean()),
    ("bureau_closed_ended_last", "Day on which a loan was last closed.", of(_closed, _ended).max()),
    ("bureau_closed_ended_mean", "Mean day on which loans were closed.", of(_closed, _ended).mean()),
    ("bureau_closed_count_1y", "Loans closed in the last year.", (_closed & (_ended >= -365)).sum()),
    ("bureau_closed_early_mean", "Mean days that loans were closed before they were due.", (_due - _ended).mean()),
    ("bureau_closed_duration_mean", "Mean days that closed loans ran.", (_ended - _opened).mean()),
    ("bureau_updated_mean", "Mean day of the bureau's information.", pl.col("updated").mean()),
    ("bureau_active_share_last3", "Share of the last three loans that are open.", of(_last3, _active).mean()),
)

_arrears = features(
    TABLE,
    "bureau_arrears",
    ("bureau_overdue_sum", "Amount overdue today.", _overdue.sum()),
    ("bureau_overdue_days_max", "Most days overdue today.", pl.col("overdue_days").max()),
    ("bureau_worst_overdue_max", "Largest amount ever overdue.", _worst.max()),
    ("bureau_worst_overdue_mean", "Mean of the loans' largest amounts overdue.", _worst.mean()),
    ("bureau_worst_overdue_max_2y", "Largest amount overdue on loans of two years.", of(_since(2), _worst).max()),
    ("bureau_active_worst_overdue_mean", "Mean largest amount overdue of open loans.", of(_active, _worst).mean()),
    ("bureau_worst_overdue_share", "Share of loans ever overdue, where it is known.", (_worst > 0).mean()),
    ("bureau_worst_overdue_to_credit_max", "Largest amount overdue over credit.", pl.col("worst_share").max()),
    ("bureau_prolongation_count", "Prolongations of loans.", pl.col("prolongations").sum()),
)

FEATURES = (*_debts, *_history, *_arrears)
