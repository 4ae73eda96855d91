"""Earlier applications at this lender: one row per application, with its decision."""

from __future__ import annotations

import polars as pl
from polars import col

from training.product.history import amount, features, mean_change, of, quotient
from training.products.home_credit.history.blocks import YEARS, day, newest_first

TABLE = "previous_application"

_cause = col.CODE_REJECT_REASON
_cash = col.NAME_CONTRACT_TYPE == "Cash loans"
_last3 = col.rank <= 3
_last5 = col.rank <= 5


def _since(years: int) -> pl.Expr:
    return col.decided >= -365 * years


def applications(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The table's rows with the columns that the features use."""
    status = col.NAME_CONTRACT_STATUS
    return rows.select(
        "SK_ID_CURR",
        "NAME_CONTRACT_TYPE",
        "CODE_REJECT_REASON",
        "NAME_YIELD_GROUP",
        "CHANNEL_TYPE",
        "NAME_PRODUCT_TYPE",
        "NAME_CLIENT_TYPE",
        "NFLAG_INSURED_ON_APPROVAL",
        "HOUR_APPR_PROCESS_START",
        decided=day("DAYS_DECISION"),
        first_due=day("DAYS_FIRST_DUE"),
        planned_end=day("DAYS_LAST_DUE_1ST_VERSION"),
        last_due=day("DAYS_LAST_DUE"),
        ended=day("DAYS_TERMINATION"),
        first_drawing=day("DAYS_FIRST_DRAWING"),
        amount=amount("AMT_APPLICATION"),
        credit=amount("AMT_CREDIT"),
        annuity=amount("AMT_ANNUITY"),
        down=amount("AMT_DOWN_PAYMENT"),
        term=col.CNT_PAYMENT,
        rank=newest_first(col.DAYS_DECISION, col.SK_ID_PREV),
        approved=status == "Approved",
        refused=status == "Refused",
        canceled=status == "Canceled",
    ).with_columns(
        granted=quotient(col.credit, col.amount),
        burden=quotient(col.annuity, col.credit),
        interest=quotient(of(col.term > 0, col.annuity * col.term - col.credit), col.credit),
        down_share=quotient(col.down, col.down + col.credit),
        open=col.approved & col.ended.is_null() & col.first_due.is_not_null(),
    )


_refusals = features(
    TABLE,
    "previous_refusals",
    ("previous_refused_count", "Applications refused.", col.refused.sum()),
    ("previous_refused_share", "Share of applications refused.", col.refused.mean()),
    *(
        (f"previous_refused_share_{y}y", f"Share refused in {when}.", of(_since(y), col.refused).mean())
        for y, when in YEARS.items()
    ),
    ("previous_refused_share_last3", "Share refused of the last three.", of(_last3, col.refused).mean()),
    ("previous_refused_share_last5", "Share refused of the last five.", of(_last5, col.refused).mean()),
    ("previous_refused_last", "Day of the last refusal.", of(col.refused, col.decided).max()),
    ("previous_refused_cash_count", "Cash loans refused.", (col.refused & _cash).sum()),
    ("previous_refused_asked_mean", "Mean amount asked for and refused.", of(col.refused, col.amount).mean()),
    ("previous_refused_term_mean", "Mean months of refused loans.", of(col.refused, col.term).mean()),
    (
        "previous_refused_granted_mean",
        "Mean credit over amount asked of refused loans.",
        of(col.refused, col.granted).mean(),
    ),
    (
        "previous_refused_by_policy_count",
        "Refused by the lender's policy (HC).",
        (_cause == "HC").sum(),
    ),
    (
        "previous_refused_by_limit_count",
        "Refused for the credit limit (LIMIT).",
        (_cause == "LIMIT").sum(),
    ),
    (
        "previous_refused_by_score_count",
        "Refused for the score (SCO, SCOFR).",
        _cause.is_in(["SCO", "SCOFR"]).sum(),
    ),
    ("previous_canceled_count", "Applications the client canceled.", col.canceled.sum()),
    ("previous_canceled_share", "Share of applications canceled.", col.canceled.mean()),
)

_loans = features(
    TABLE,
    "previous_loans",
    ("previous_count", "Earlier applications.", pl.len()),
    *((f"previous_count_{y}y", f"Applications in {when}.", _since(y).sum()) for y, when in YEARS.items()),
    ("previous_approved_count", "Applications approved.", col.approved.sum()),
    ("previous_cash_count", "Applications for cash loans.", _cash.sum()),
    ("previous_decided_last", "Day of the last application.", col.decided.max()),
    ("previous_decided_first", "Day of the first application.", col.decided.min()),
    ("previous_decided_mean", "Mean day of the applications.", col.decided.mean()),
    ("previous_approved_last", "Day of the last approval.", of(col.approved, col.decided).max()),
    ("previous_approved_first", "Day of the first approval.", of(col.approved, col.decided).min()),
    ("previous_approved_cash_last", "Day of the last approved cash loan.", of(col.approved & _cash, col.decided).max()),
    ("previous_asked_mean", "Mean amount asked for.", col.amount.mean()),
    ("previous_asked_max", "Largest amount asked for.", col.amount.max()),
    ("previous_asked_change_2y", "Mean amount asked of two years minus before.", mean_change(col.amount, _since(2))),
    ("previous_asked_mean_last3", "Mean amount of the last three applications.", of(_last3, col.amount).mean()),
    ("previous_approved_credit_sum", "Credit of approved loans.", of(col.approved, col.credit).sum()),
    ("previous_approved_credit_mean", "Mean credit of approved loans.", of(col.approved, col.credit).mean()),
    ("previous_approved_credit_max", "Largest approved credit.", of(col.approved, col.credit).max()),
    ("previous_approved_annuity_mean", "Mean annuity of approved loans.", of(col.approved, col.annuity).mean()),
    ("previous_approved_annuity_max", "Largest annuity of an approved loan.", of(col.approved, col.annuity).max()),
    ("previous_approved_annuity_min", "Smallest annuity of an approved loan.", of(col.approved, col.annuity).min()),
    ("previous_annuity_mean_last3", "Mean annuity of the last three.", of(_last3, col.annuity).mean()),
    ("previous_granted_mean", "Mean credit over amount asked.", col.granted.mean()),
    ("previous_granted_min", "Smallest credit over amount asked.", col.granted.min()),
    ("previous_burden_mean", "Mean annuity over credit.", col.burden.mean()),
    ("previous_interest_mean", "Mean total interest over credit.", col.interest.mean()),
    ("previous_interest_max", "Largest total interest over credit.", col.interest.max()),
    ("previous_interest_min", "Smallest total interest over credit.", col.interest.min()),
    ("previous_interest_mean_last3", "Mean interest over credit of the last three.", of(_last3, col.interest).mean()),
    ("previous_term_mean", "Mean months asked for.", col.term.mean()),
    ("previous_approved_term_mean", "Mean months of approved loans.", of(col.approved, col.term).mean()),
    ("previous_term_mean_last3", "Mean months of the last three.", of(_last3, col.term).mean()),
    ("previous_down_share_mean", "Mean down payment over price.", col.down_share.mean()),
    ("previous_high_yield_share", "Share of offers with a high rate.", (col.NAME_YIELD_GROUP == "high").mean()),
    (
        "previous_low_yield_share",
        "Share with a low rate.",
        col.NAME_YIELD_GROUP.is_in(["low_normal", "low_action"]).mean(),
    ),
    ("previous_walk_in_share", "Share without an offer before.", (col.NAME_PRODUCT_TYPE == "walk-in").mean()),
    ("previous_new_client_share", "Share made as a new client.", (col.NAME_CLIENT_TYPE == "New").mean()),
    ("previous_agent_share", "Share through agents (AP+).", (col.CHANNEL_TYPE == "AP+ (Cash loan)").mean()),
    ("previous_insured_share", "Share of loans insured.", col.NFLAG_INSURED_ON_APPROVAL.mean()),
    ("previous_hour_mean", "Mean hour of the applications.", col.HOUR_APPR_PROCESS_START.mean()),
    ("previous_open_count", "Loans not yet ended.", col.open.sum()),
    ("previous_open_annuity_sum", "Annuities of loans not yet ended.", of(col.open, col.annuity).sum()),
    ("previous_first_due_last", "Day the newest loan's first payment was due.", col.first_due.max()),
    ("previous_planned_end_last", "Day the last loan was planned to end.", col.planned_end.max()),
    ("previous_ended_last", "Day a loan last ended.", col.ended.max()),
    ("previous_first_drawing_first", "Day of the first drawing.", col.first_drawing.min()),
    ("previous_early_mean", "Mean days that loans ended before the plan.", (col.planned_end - col.last_due).mean()),
)

FEATURES = (*_refusals, *_loans)
