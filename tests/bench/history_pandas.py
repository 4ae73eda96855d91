"""The opponent: the same history features as a good notebook computes them, with pandas `groupby`.

`python tests/bench/history_pandas.py DIR` reads the Parquet tables of DIR and prints seconds and peak memory as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

CLIENT = "SK_ID_CURR"
UNKNOWN_DAY = 365243


def newest_first(frame: pd.DataFrame, moment: str, identity: str) -> pd.Series:
    ordered = frame.sort_values([CLIENT, moment, identity], ascending=[True, False, False])
    return ordered.groupby(CLIENT).cumcount() + 1  # aligned with the frame by its index


def bureau(b: pd.DataFrame) -> pd.DataFrame:
    for column in ("DAYS_CREDIT", "DAYS_CREDIT_ENDDATE", "DAYS_ENDDATE_FACT", "DAYS_CREDIT_UPDATE"):
        b[column] = b[column].where(b[column] != UNKNOWN_DAY)
    active, closed = b["CREDIT_ACTIVE"] == "Active", b["CREDIT_ACTIVE"] == "Closed"
    consumer, card = b["CREDIT_TYPE"] == "Consumer credit", b["CREDIT_TYPE"] == "Credit card"
    opened, due, ended = b["DAYS_CREDIT"], b["DAYS_CREDIT_ENDDATE"], b["DAYS_ENDDATE_FACT"]
    credit, debt, worst = b["AMT_CREDIT_SUM"], b["AMT_CREDIT_SUM_DEBT"], b["AMT_CREDIT_MAX_OVERDUE"]
    last3 = newest_first(b, "DAYS_CREDIT", "SK_ID_BUREAU") <= 3
    since = {years: opened >= -365 * years for years in (1, 2, 3)}
    positive_credit = credit.where(credit > 0)

    b["active"], b["closed"], b["consumer"], b["card"] = active, closed, consumer, card
    b["mortgage"], b["microloan"] = b["CREDIT_TYPE"] == "Mortgage", b["CREDIT_TYPE"] == "Microloan"
    for years, selected in since.items():
        b[f"since_{years}"] = selected
        b[f"credit_{years}"] = credit.where(selected)
    b["active_card"], b["active_consumer"] = active & card, active & consumer
    b["active_credit"], b["closed_credit"] = credit.where(active), credit.where(closed)
    b["active_debt"], b["active_debt_1"] = debt.where(active), debt.where(active & since[1])
    b["consumer_debt"], b["mortgage_debt"] = debt.where(active & consumer), debt.where(active & b["mortgage"])
    b["card_debt"], b["card_credit"] = debt.where(active & card), credit.where(active & card)
    b["active_debt_share"] = (debt / positive_credit).where(active)
    b["active_limit"], b["active_annuity"] = b["AMT_CREDIT_SUM_LIMIT"].where(active), b["AMT_ANNUITY"].where(active)
    b["active_monthly"] = (debt * 30 / due.where(due > 0)).where(active)
    b["recent_credit"], b["older_credit"] = credit.where(since[2]), credit.where(opened < -365 * 2)
    b["last3_credit"], b["last3_opened"] = credit.where(last3), opened.where(last3)
    b["last3_active"] = active.astype(float).where(last3)
    b["active_opened"], b["active_due"] = opened.where(active), due.where(active)
    b["consumer_opened"], b["card_opened"] = opened.where(consumer), opened.where(card)
    b["past_due"] = active & (due < 0)
    b["term"], b["early"], b["duration"] = due - opened, due - ended, ended - opened
    b["closed_ended"], b["closed_1"] = ended.where(closed), closed & (ended >= -365)
    b["recent_worst"], b["active_worst"] = worst.where(since[2]), worst.where(active)
    b["was_overdue"] = (worst > 0).astype(float).where(worst.notna())
    b["worst_share"] = worst / positive_credit

    f = b.groupby(CLIENT).agg(
        bureau_credit_sum=("AMT_CREDIT_SUM", "sum"),
        bureau_credit_mean=("AMT_CREDIT_SUM", "mean"),
        bureau_credit_max=("AMT_CREDIT_SUM", "max"),
        bureau_credit_sum_1y=("credit_1", "sum"),
        bureau_credit_sum_2y=("credit_2", "sum"),
        bureau_credit_sum_3y=("credit_3", "sum"),
        bureau_active_credit_sum=("active_credit", "sum"),
        bureau_active_credit_max=("active_credit", "max"),
        bureau_closed_credit_sum=("closed_credit", "sum"),
        bureau_closed_credit_mean=("closed_credit", "mean"),
        bureau_active_debt_sum=("active_debt", "sum"),
        bureau_active_debt_max=("active_debt", "max"),
        bureau_active_debt_sum_1y=("active_debt_1", "sum"),
        bureau_consumer_debt_sum=("consumer_debt", "sum"),
        bureau_card_debt_sum=("card_debt", "sum"),
        bureau_mortgage_debt_sum=("mortgage_debt", "sum"),
        bureau_active_debt_to_credit_max=("active_debt_share", "max"),
        card_credit=("card_credit", "sum"),
        bureau_active_limit_sum=("active_limit", "sum"),
        bureau_active_annuity_sum=("active_annuity", "sum"),
        bureau_active_annuity_mean=("active_annuity", "mean"),
        bureau_active_monthly_sum=("active_monthly", "sum"),
        recent_credit=("recent_credit", "mean"),
        older_credit=("older_credit", "mean"),
        bureau_credit_mean_last3=("last3_credit", "mean"),
        bureau_count=("SK_ID_BUREAU", "size"),
        bureau_active_count=("active", "sum"),
        bureau_closed_count=("closed", "sum"),
        bureau_active_share=("active", "mean"),
        bureau_count_1y=("since_1", "sum"),
        bureau_count_2y=("since_2", "sum"),
        bureau_count_3y=("since_3", "sum"),
        bureau_consumer_count=("consumer", "sum"),
        bureau_card_count=("card", "sum"),
        bureau_mortgage_count=("mortgage", "sum"),
        bureau_microloan_count=("microloan", "sum"),
        bureau_card_active_count=("active_card", "sum"),
        bureau_consumer_active_count=("active_consumer", "sum"),
        bureau_opened_last=("DAYS_CREDIT", "max"),
        bureau_opened_first=("DAYS_CREDIT", "min"),
        bureau_opened_mean=("DAYS_CREDIT", "mean"),
        bureau_opened_mean_last3=("last3_opened", "mean"),
        bureau_active_opened_last=("active_opened", "max"),
        bureau_active_opened_mean=("active_opened", "mean"),
        bureau_consumer_opened_last=("consumer_opened", "max"),
        bureau_card_opened_last=("card_opened", "max"),
        bureau_active_due_last=("active_due", "max"),
        bureau_active_due_mean=("active_due", "mean"),
        bureau_active_past_due_count=("past_due", "sum"),
        bureau_term_mean=("term", "mean"),
        bureau_closed_ended_last=("closed_ended", "max"),
        bureau_closed_ended_mean=("closed_ended", "mean"),
        bureau_closed_count_1y=("closed_1", "sum"),
        bureau_closed_early_mean=("early", "mean"),
        bureau_closed_duration_mean=("duration", "mean"),
        bureau_updated_mean=("DAYS_CREDIT_UPDATE", "mean"),
        bureau_active_share_last3=("last3_active", "mean"),
        bureau_overdue_sum=("AMT_CREDIT_SUM_OVERDUE", "sum"),
        bureau_overdue_days_max=("CREDIT_DAY_OVERDUE", "max"),
        bureau_worst_overdue_max=("AMT_CREDIT_MAX_OVERDUE", "max"),
        bureau_worst_overdue_mean=("AMT_CREDIT_MAX_OVERDUE", "mean"),
        bureau_worst_overdue_max_2y=("recent_worst", "max"),
        bureau_active_worst_overdue_mean=("active_worst", "mean"),
        bureau_worst_overdue_share=("was_overdue", "mean"),
        bureau_worst_overdue_to_credit_max=("worst_share", "max"),
        bureau_prolongation_count=("CNT_CREDIT_PROLONG", "sum"),
    )
    f["bureau_active_debt_to_credit"] = f["bureau_active_debt_sum"] / f["bureau_active_credit_sum"]
    f["bureau_card_utilisation"] = f["bureau_card_debt_sum"] / f.pop("card_credit")
    f["bureau_credit_change_2y"] = f.pop("recent_credit") - f.pop("older_credit")
    f["bureau_opened_interval"] = (f["bureau_opened_last"] - f["bureau_opened_first"]) / (f["bureau_count"] - 1)
    return f


def bureau_balance(months: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    month, status = months["MONTHS_BALANCE"], months["STATUS"]
    months["late"] = status.isin(["1", "2", "3", "4", "5"])
    months["paying"] = months["late"] | (status == "0")
    months["unknown"], months["closed"] = status == "X", status == "C"
    months["worst"] = status.map({"0": 0, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5})
    months["late_month"] = month.where(months["late"])
    for w in (12, 24):
        months[f"late_{w}"], months[f"paying_{w}"] = months["late"] & (month >= -w), months["paying"] & (month >= -w)
    loans = months.groupby("SK_ID_BUREAU").agg(
        months=("MONTHS_BALANCE", "size"),
        first=("MONTHS_BALANCE", "min"),
        paying=("paying", "sum"),
        unknown=("unknown", "sum"),
        closed=("closed", "sum"),
        late=("late", "sum"),
        worst=("worst", "max"),
        last_late=("late_month", "max"),
        late_12=("late_12", "sum"),
        late_24=("late_24", "sum"),
        paying_12=("paying_12", "sum"),
        paying_24=("paying_24", "sum"),
    )
    loans = b[[CLIENT, "SK_ID_BUREAU"]].merge(loans.reset_index(), on="SK_ID_BUREAU")
    loans["ever_late"] = loans["late"] > 0
    f = loans.groupby(CLIENT).agg(
        bureau_balance_loan_count=("months", "size"),
        bureau_balance_month_count=("months", "sum"),
        bureau_balance_paying_count=("paying", "sum"),
        bureau_balance_first=("first", "min"),
        bureau_balance_months_mean=("months", "mean"),
        bureau_balance_late_count=("late", "sum"),
        bureau_balance_worst=("worst", "max"),
        bureau_balance_late_last=("last_late", "max"),
        bureau_balance_late_loan_share=("ever_late", "mean"),
        closed=("closed", "sum"),
        unknown=("unknown", "sum"),
        late_12=("late_12", "sum"),
        late_24=("late_24", "sum"),
        paying_12=("paying_12", "sum"),
        paying_24=("paying_24", "sum"),
    )
    late, paying = f["bureau_balance_late_count"], f["bureau_balance_paying_count"]
    f["bureau_balance_closed_share"] = f.pop("closed") / f["bureau_balance_month_count"]
    f["bureau_balance_unknown_share"] = f.pop("unknown") / f["bureau_balance_month_count"]
    f["bureau_balance_late_share"] = late / paying
    f["bureau_balance_late_share_12m"] = f["late_12"] / f["paying_12"]
    f["bureau_balance_late_share_24m"] = f.pop("late_24") / f.pop("paying_24")
    before = (late - f.pop("late_12")) / (paying - f.pop("paying_12"))
    f["bureau_balance_late_share_change_12m"] = f["bureau_balance_late_share_12m"] - before
    return f


def previous_application(p: pd.DataFrame) -> pd.DataFrame:
    for column in p.columns[p.columns.str.startswith("DAYS_")]:
        p[column] = p[column].where(p[column] != UNKNOWN_DAY)
    approved, refused = p["NAME_CONTRACT_STATUS"] == "Approved", p["NAME_CONTRACT_STATUS"] == "Refused"
    cash = p["NAME_CONTRACT_TYPE"] == "Cash loans"
    decided, asked, credit, annuity = p["DAYS_DECISION"], p["AMT_APPLICATION"], p["AMT_CREDIT"], p["AMT_ANNUITY"]
    term, cause = p["CNT_PAYMENT"], p["CODE_REJECT_REASON"]
    rank = newest_first(p, "DAYS_DECISION", "SK_ID_PREV")
    refusal = refused.astype(float)
    positive_credit = credit.where(credit > 0)
    price = p["AMT_DOWN_PAYMENT"] + credit

    p["approved"], p["refused"], p["cash"] = approved, refused, cash
    p["canceled"] = p["NAME_CONTRACT_STATUS"] == "Canceled"
    for years in (1, 2, 3):
        p[f"since_{years}"] = decided >= -365 * years
        p[f"refused_{years}"] = refusal.where(p[f"since_{years}"])
    p["refused_last3"], p["refused_last5"] = refusal.where(rank <= 3), refusal.where(rank <= 5)
    p["refused_day"], p["refused_cash"] = decided.where(refused), refused & cash
    p["refused_asked"], p["refused_term"] = asked.where(refused), term.where(refused)
    p["granted"] = credit / asked.where(asked > 0)
    p["refused_granted"] = p["granted"].where(refused)
    p["policy"], p["limit"], p["score"] = cause == "HC", cause == "LIMIT", cause.isin(["SCO", "SCOFR"])
    p["approved_day"], p["approved_cash_day"] = decided.where(approved), decided.where(approved & cash)
    p["recent_asked"], p["older_asked"] = asked.where(decided >= -730), asked.where(decided < -730)
    p["last3_asked"], p["last3_annuity"], p["last3_term"] = (c.where(rank <= 3) for c in (asked, annuity, term))
    p["approved_credit"], p["approved_annuity"] = credit.where(approved), annuity.where(approved)
    p["approved_term"] = term.where(approved)
    p["burden"] = annuity / positive_credit
    p["interest"] = ((annuity * term - credit) / positive_credit).where(term > 0)
    p["last3_interest"] = p["interest"].where(rank <= 3)
    p["down_share"] = p["AMT_DOWN_PAYMENT"] / price.where(price > 0)
    p["high"] = p["NAME_YIELD_GROUP"] == "high"
    p["low"] = p["NAME_YIELD_GROUP"].isin(["low_normal", "low_action"])
    p["walk_in"], p["new"] = p["NAME_PRODUCT_TYPE"] == "walk-in", p["NAME_CLIENT_TYPE"] == "New"
    p["agent"] = p["CHANNEL_TYPE"] == "AP+ (Cash loan)"
    p["open"] = approved & p["DAYS_TERMINATION"].isna() & p["DAYS_FIRST_DUE"].notna()
    p["open_annuity"] = annuity.where(p["open"])
    p["early"] = p["DAYS_LAST_DUE_1ST_VERSION"] - p["DAYS_LAST_DUE"]

    f = p.groupby(CLIENT).agg(
        previous_refused_count=("refused", "sum"),
        previous_refused_share=("refused", "mean"),
        previous_refused_share_1y=("refused_1", "mean"),
        previous_refused_share_2y=("refused_2", "mean"),
        previous_refused_share_3y=("refused_3", "mean"),
        previous_refused_share_last3=("refused_last3", "mean"),
        previous_refused_share_last5=("refused_last5", "mean"),
        previous_refused_last=("refused_day", "max"),
        previous_refused_cash_count=("refused_cash", "sum"),
        previous_refused_asked_mean=("refused_asked", "mean"),
        previous_refused_term_mean=("refused_term", "mean"),
        previous_refused_granted_mean=("refused_granted", "mean"),
        previous_refused_by_policy_count=("policy", "sum"),
        previous_refused_by_limit_count=("limit", "sum"),
        previous_refused_by_score_count=("score", "sum"),
        previous_canceled_count=("canceled", "sum"),
        previous_canceled_share=("canceled", "mean"),
        previous_count=("SK_ID_PREV", "size"),
        previous_count_1y=("since_1", "sum"),
        previous_count_2y=("since_2", "sum"),
        previous_count_3y=("since_3", "sum"),
        previous_approved_count=("approved", "sum"),
        previous_cash_count=("cash", "sum"),
        previous_decided_last=("DAYS_DECISION", "max"),
        previous_decided_first=("DAYS_DECISION", "min"),
        previous_decided_mean=("DAYS_DECISION", "mean"),
        previous_approved_last=("approved_day", "max"),
        previous_approved_first=("approved_day", "min"),
        previous_approved_cash_last=("approved_cash_day", "max"),
        previous_asked_mean=("AMT_APPLICATION", "mean"),
        previous_asked_max=("AMT_APPLICATION", "max"),
        recent_asked=("recent_asked", "mean"),
        older_asked=("older_asked", "mean"),
        previous_asked_mean_last3=("last3_asked", "mean"),
        previous_approved_credit_sum=("approved_credit", "sum"),
        previous_approved_credit_mean=("approved_credit", "mean"),
        previous_approved_credit_max=("approved_credit", "max"),
        previous_approved_annuity_mean=("approved_annuity", "mean"),
        previous_approved_annuity_max=("approved_annuity", "max"),
        previous_approved_annuity_min=("approved_annuity", "min"),
        previous_annuity_mean_last3=("last3_annuity", "mean"),
        previous_granted_mean=("granted", "mean"),
        previous_granted_min=("granted", "min"),
        previous_burden_mean=("burden", "mean"),
        previous_interest_mean=("interest", "mean"),
        previous_interest_max=("interest", "max"),
        previous_interest_min=("interest", "min"),
        previous_interest_mean_last3=("last3_interest", "mean"),
        previous_term_mean=("CNT_PAYMENT", "mean"),
        previous_approved_term_mean=("approved_term", "mean"),
        previous_term_mean_last3=("last3_term", "mean"),
        previous_down_share_mean=("down_share", "mean"),
        previous_high_yield_share=("high", "mean"),
        previous_low_yield_share=("low", "mean"),
        previous_walk_in_share=("walk_in", "mean"),
        previous_new_client_share=("new", "mean"),
        previous_agent_share=("agent", "mean"),
        previous_insured_share=("NFLAG_INSURED_ON_APPROVAL", "mean"),
        previous_hour_mean=("HOUR_APPR_PROCESS_START", "mean"),
        previous_open_count=("open", "sum"),
        previous_open_annuity_sum=("open_annuity", "sum"),
        previous_first_due_last=("DAYS_FIRST_DUE", "max"),
        previous_planned_end_last=("DAYS_LAST_DUE_1ST_VERSION", "max"),
        previous_ended_last=("DAYS_TERMINATION", "max"),
        previous_first_drawing_first=("DAYS_FIRST_DRAWING", "min"),
        previous_early_mean=("early", "mean"),
    )
    f["previous_asked_change_2y"] = f.pop("recent_asked") - f.pop("older_asked")
    return f


def pos_cash_balance(months: pd.DataFrame) -> pd.DataFrame:
    month, dpd = months["MONTHS_BALANCE"], months["SK_DPD"]
    months["late"] = dpd > 0
    months["late_month"], months["dpd_12"] = month.where(months["late"]), dpd.where(month >= -12)
    months["completed"] = months["NAME_CONTRACT_STATUS"] == "Completed"
    for w in (12, 24):
        months[f"months_{w}"], months[f"late_{w}"] = month >= -w, months["late"] & (month >= -w)
    loans = months.groupby([CLIENT, "SK_ID_PREV"]).agg(
        months=("MONTHS_BALANCE", "size"),
        first=("MONTHS_BALANCE", "min"),
        last=("MONTHS_BALANCE", "max"),
        late=("late", "sum"),
        dpd_max=("SK_DPD", "max"),
        dpd_max_12=("dpd_12", "max"),
        serious=("SK_DPD_DEF", "max"),
        last_late=("late_month", "max"),
        term=("CNT_INSTALMENT", "max"),
        shortest=("CNT_INSTALMENT", "min"),
        future=("CNT_INSTALMENT_FUTURE", "min"),
        completed=("completed", "any"),
        **{f"{what}_{w}": (f"{what}_{w}", "sum") for what in ("months", "late") for w in (12, 24)},
    )
    loans["open"] = ~loans["completed"] & (loans["last"] >= -3)
    loans["open_future"], loans["open_term"] = loans["future"].where(loans["open"]), loans["term"].where(loans["open"])
    loans["cut"] = loans["term"] - loans["shortest"]
    f = loans.groupby(level=CLIENT).agg(
        pos_dpd_max=("dpd_max", "max"),
        pos_dpd_max_12m=("dpd_max_12", "max"),
        pos_serious_dpd_max=("serious", "max"),
        pos_late_last=("last_late", "max"),
        pos_month_count=("months", "sum"),
        pos_loan_count=("months", "size"),
        pos_completed_count=("completed", "sum"),
        pos_completed_share=("completed", "mean"),
        pos_open_count=("open", "sum"),
        pos_first=("first", "min"),
        pos_last=("last", "max"),
        pos_months_mean=("months", "mean"),
        pos_term_mean=("term", "mean"),
        pos_term_max=("term", "max"),
        pos_term_cut_mean=("cut", "mean"),
        pos_open_future_sum=("open_future", "sum"),
        pos_month_count_12m=("months_12", "sum"),
        open_term=("open_term", "sum"),
        late=("late", "sum"),
        late_12=("late_12", "sum"),
        late_24=("late_24", "sum"),
        months_24=("months_24", "sum"),
    )
    count, late = f["pos_month_count"], f.pop("late")
    f["pos_late_share"] = late / count
    f["pos_late_share_12m"] = f["late_12"] / f["pos_month_count_12m"]
    f["pos_late_share_24m"] = f.pop("late_24") / f.pop("months_24")
    before = (late - f.pop("late_12")) / (count - f["pos_month_count_12m"])
    f["pos_late_share_change_12m"] = f["pos_late_share_12m"] - before
    f["pos_open_future_share"] = f["pos_open_future_sum"] / f.pop("open_term")
    return f


def slope(frame: pd.DataFrame, value: pd.Series, month: pd.Series) -> pd.Series:
    parts = pd.DataFrame({CLIENT: frame[CLIENT], "n": value.notna(), "t": month.where(value.notna()), "v": value})
    parts["tt"], parts["tv"] = parts["t"] ** 2, parts["t"] * parts["v"]
    s = parts.groupby(CLIENT).sum()
    return (s["n"] * s["tv"] - s["t"] * s["v"]) / (s["n"] * s["tt"] - s["t"] ** 2)


def credit_card_balance(c: pd.DataFrame) -> pd.DataFrame:
    month, balance, limit = c["MONTHS_BALANCE"], c["AMT_BALANCE"], c["AMT_CREDIT_LIMIT_ACTUAL"]
    drawn, paid, minimum = c["AMT_DRAWINGS_CURRENT"], c["AMT_PAYMENT_TOTAL_CURRENT"], c["AMT_INST_MIN_REGULARITY"]
    late = c["SK_DPD"] > 0
    c["use"] = balance / limit.where(limit > 0)
    for w in (3, 12):
        c[f"use_{w}"], c[f"balance_{w}"] = c["use"].where(month >= -w), balance.where(month >= -w)
        c[f"limit_{w}"], c[f"drawn_{w}"] = limit.where(month >= -w), drawn.where(month >= -w)
    for name, values in (("use", c["use"]), ("balance", balance), ("limit", limit)):
        c[f"recent_{name}"], c[f"older_{name}"] = values.where(month >= -6), values.where(month < -6)
    c["over"] = (c["use"] > 1).astype(float).where(c["use"].notna())
    c["unused"] = (balance <= 0).astype(float).where(balance.notna())
    c["drawing"] = (drawn > 0).astype(float).where(drawn.notna())
    c["cash_12"] = c["AMT_DRAWINGS_ATM_CURRENT"].where(month >= -12)
    c["interest"] = c["AMT_TOTAL_RECEIVABLE"] - c["AMT_RECEIVABLE_PRINCIPAL"]
    c["paid_12"], c["minimum_12"] = paid.where(month >= -12), minimum.where(month >= -12)
    c["below"] = (paid < minimum).astype(float).where((minimum > 0) & paid.notna())
    c["below_12"] = c["below"].where(month >= -12)
    c["late"], c["late_12"], c["late_month"] = late, late.astype(float).where(month >= -12), month.where(late)
    c["serious"] = c["SK_DPD_DEF"] > 0

    f = c.groupby(CLIENT).agg(
        card_month_count=("MONTHS_BALANCE", "size"),
        card_last=("MONTHS_BALANCE", "max"),
        card_utilisation_mean=("use", "mean"),
        card_utilisation_max=("use", "max"),
        card_utilisation_mean_3m=("use_3", "mean"),
        card_utilisation_mean_12m=("use_12", "mean"),
        recent_use=("recent_use", "mean"),
        older_use=("older_use", "mean"),
        card_over_limit_share=("over", "mean"),
        card_balance_mean=("AMT_BALANCE", "mean"),
        card_balance_max=("AMT_BALANCE", "max"),
        card_balance_mean_3m=("balance_3", "mean"),
        card_balance_mean_12m=("balance_12", "mean"),
        recent_balance=("recent_balance", "mean"),
        older_balance=("older_balance", "mean"),
        card_unused_share=("unused", "mean"),
        card_limit_max=("AMT_CREDIT_LIMIT_ACTUAL", "max"),
        card_limit_mean_3m=("limit_3", "mean"),
        recent_limit=("recent_limit", "mean"),
        older_limit=("older_limit", "mean"),
        card_drawn_mean=("AMT_DRAWINGS_CURRENT", "mean"),
        card_drawn_max=("AMT_DRAWINGS_CURRENT", "max"),
        card_drawn_mean_3m=("drawn_3", "mean"),
        card_drawn_mean_12m=("drawn_12", "mean"),
        card_cash_mean=("AMT_DRAWINGS_ATM_CURRENT", "mean"),
        card_cash_mean_12m=("cash_12", "mean"),
        card_bought_mean=("AMT_DRAWINGS_POS_CURRENT", "mean"),
        card_drawings_mean=("CNT_DRAWINGS_CURRENT", "mean"),
        card_withdrawals_mean=("CNT_DRAWINGS_ATM_CURRENT", "mean"),
        card_drawing_month_share=("drawing", "mean"),
        card_interest_mean=("interest", "mean"),
        card_instalment_max=("CNT_INSTALMENT_MATURE_CUM", "max"),
        card_paid_mean=("AMT_PAYMENT_TOTAL_CURRENT", "mean"),
        card_below_minimum_share=("below", "mean"),
        card_below_minimum_share_12m=("below_12", "mean"),
        card_late_share=("late", "mean"),
        card_late_share_12m=("late_12", "mean"),
        card_dpd_max=("SK_DPD", "max"),
        card_serious_share=("serious", "mean"),
        card_late_last=("late_month", "max"),
        balance=("AMT_BALANCE", "sum"),
        drawn=("AMT_DRAWINGS_CURRENT", "sum"),
        drawn_12=("drawn_12", "sum"),
        limit_12=("limit_12", "sum"),
        cash=("AMT_DRAWINGS_ATM_CURRENT", "sum"),
        paid=("AMT_PAYMENT_TOTAL_CURRENT", "sum"),
        paid_12=("paid_12", "sum"),
        minimum=("AMT_INST_MIN_REGULARITY", "sum"),
        minimum_12=("minimum_12", "sum"),
    )
    f["card_utilisation_change_6m"] = f.pop("recent_use") - f.pop("older_use")
    f["card_balance_change_6m"] = f.pop("recent_balance") - f.pop("older_balance")
    f["card_limit_change_6m"] = f.pop("recent_limit") - f.pop("older_limit")
    f["card_utilisation_slope_12m"] = slope(c, c["use_12"], month)
    f["card_balance_slope_12m"] = slope(c, c["balance_12"], month)
    f["card_drawn_to_limit_12m"] = f.pop("drawn_12") / f.pop("limit_12")
    f["card_cash_share"] = f.pop("cash") / f["drawn"]
    f["card_paid_to_balance"] = f["paid"] / f.pop("balance")
    f["card_paid_to_drawn"] = f["paid"] / f.pop("drawn")
    f["card_paid_to_minimum"] = f.pop("paid") / f.pop("minimum")
    f["card_paid_to_minimum_12m"] = f.pop("paid_12") / f.pop("minimum_12")
    return f


def installments_payments(i: pd.DataFrame) -> pd.DataFrame:
    due = i["DAYS_INSTALMENT"].where(i["DAYS_INSTALMENT"] != UNKNOWN_DAY)
    paid_on = i["DAYS_ENTRY_PAYMENT"].where(i["DAYS_ENTRY_PAYMENT"] != UNKNOWN_DAY)
    delay = paid_on - due
    i["due"], i["paid_on"], i["delay"] = due, paid_on, delay
    i["late"], i["week_late"] = delay > 0, delay > 7
    i["late_by"], i["early"] = delay.clip(lower=0), (-delay).clip(lower=0)
    i["late_due"] = due.where(i["late"])
    i["short"] = (i["AMT_INSTALMENT"] - i["AMT_PAYMENT"]).clip(lower=0)
    i["in_part"] = i["short"] > 0
    windows = (90, 365, 730)
    for w in windows:
        recent = due >= -w
        i[f"payments_{w}"], i[f"dated_{w}"] = recent, delay.where(recent)
        i[f"late_{w}"], i[f"late_by_{w}"] = i["late"] & recent, i["late_by"].where(recent)
        i[f"owed_{w}"], i[f"paid_{w}"] = i["AMT_INSTALMENT"].where(recent), i["AMT_PAYMENT"].where(recent)
        i[f"short_{w}"], i[f"in_part_{w}"] = i["short"].where(recent), i["in_part"] & recent
    f = i.groupby(CLIENT).agg(
        instalment_late_count=("late", "sum"),
        instalment_dpd_mean=("late_by", "mean"),
        instalment_dpd_max=("late_by", "max"),
        instalment_early_mean=("early", "mean"),
        instalment_late_last=("late_due", "max"),
        instalment_part_share=("in_part", "mean"),
        instalment_short_max=("short", "max"),
        instalment_count=("due", "size"),
        instalment_first=("due", "min"),
        instalment_last=("due", "max"),
        instalment_paid_last=("paid_on", "max"),
        instalment_paid_sum=("AMT_PAYMENT", "sum"),
        instalment_paid_max=("AMT_PAYMENT", "max"),
        instalment_paid_min=("AMT_PAYMENT", "min"),
        instalment_version_max=("NUM_INSTALMENT_VERSION", "max"),
        dated=("delay", "count"),
        week_late=("week_late", "sum"),
        owed=("AMT_INSTALMENT", "sum"),
        short=("short", "sum"),
        **{f"instalment_dpd_max_{w}d": (f"late_by_{w}", "max") for w in windows},
        **{f"instalment_paid_sum_{w}d": (f"paid_{w}", "sum") for w in windows},
        **{f"dated_{w}": (f"dated_{w}", "count") for w in windows},
        **{f"{k}_{w}": (f"{k}_{w}", "sum") for k in ("payments", "late", "owed", "short", "in_part") for w in windows},
    )
    count, late, dated = f["instalment_count"], f["instalment_late_count"], f.pop("dated")
    f["instalment_late_share"], f["instalment_week_late_share"] = late / dated, f.pop("week_late") / dated
    f["instalment_short_share"], f["instalment_paid_mean"] = (
        f.pop("short") / f.pop("owed"),
        f["instalment_paid_sum"] / count,
    )
    before = (late - f["late_365"]) / (dated - f["dated_365"])
    for w in windows:
        f[f"instalment_late_share_{w}d"] = f.pop(f"late_{w}") / f.pop(f"dated_{w}")
        f[f"instalment_part_share_{w}d"] = f.pop(f"in_part_{w}") / f.pop(f"payments_{w}")
        f[f"instalment_short_share_{w}d"] = f.pop(f"short_{w}") / f.pop(f"owed_{w}")
    f["instalment_late_share_change_365d"] = f["instalment_late_share_365d"] - before
    return f


COLUMNS = {
    "bureau": [
        *("SK_ID_CURR", "SK_ID_BUREAU", "CREDIT_ACTIVE", "CREDIT_TYPE", "DAYS_CREDIT", "DAYS_CREDIT_ENDDATE"),
        *("DAYS_ENDDATE_FACT", "DAYS_CREDIT_UPDATE", "AMT_CREDIT_SUM", "AMT_CREDIT_SUM_DEBT", "AMT_CREDIT_SUM_LIMIT"),
        *("AMT_CREDIT_SUM_OVERDUE", "AMT_CREDIT_MAX_OVERDUE", "AMT_ANNUITY", "CREDIT_DAY_OVERDUE"),
        "CNT_CREDIT_PROLONG",
    ],
    "bureau_balance": ["SK_ID_BUREAU", "MONTHS_BALANCE", "STATUS"],
    "previous_application": [
        *("SK_ID_CURR", "SK_ID_PREV", "NAME_CONTRACT_TYPE", "NAME_CONTRACT_STATUS", "CODE_REJECT_REASON"),
        *("NAME_YIELD_GROUP", "CHANNEL_TYPE", "NAME_PRODUCT_TYPE", "NAME_CLIENT_TYPE", "NFLAG_INSURED_ON_APPROVAL"),
        *("HOUR_APPR_PROCESS_START", "DAYS_DECISION", "DAYS_FIRST_DUE", "DAYS_LAST_DUE_1ST_VERSION", "DAYS_LAST_DUE"),
        *("DAYS_TERMINATION", "DAYS_FIRST_DRAWING", "AMT_APPLICATION", "AMT_CREDIT", "AMT_ANNUITY"),
        *("AMT_DOWN_PAYMENT", "CNT_PAYMENT"),
    ],
    "POS_CASH_balance": None,
    "credit_card_balance": None,
    "installments_payments": None,
}


def aggregate(tables: dict[str, pd.DataFrame], clients: pd.Series) -> pd.DataFrame:
    """One row per client; the tables are used up."""
    parts = []
    if "bureau" in tables and "bureau_balance" in tables:
        parts.append(bureau_balance(tables.pop("bureau_balance"), tables["bureau"]))
    for name, compute in (
        ("bureau", bureau),
        ("previous_application", previous_application),
        ("POS_CASH_balance", pos_cash_balance),
        ("credit_card_balance", credit_card_balance),
        ("installments_payments", installments_payments),
    ):
        if name in tables:
            parts.append(compute(tables.pop(name)))
    features = pd.concat([part.reindex(clients) for part in parts], axis=1)
    return features.replace([np.inf, -np.inf], np.nan).astype(np.float32)


def main(folder: Path) -> None:
    start = time.perf_counter()
    applications = sorted(folder.glob("application_*.parquet"))
    clients = pd.concat([pd.read_parquet(path, columns=[CLIENT])[CLIENT] for path in applications])
    tables = {
        name: pd.read_parquet(folder / f"{name}.parquet", columns=columns)
        for name, columns in COLUMNS.items()
        if (folder / f"{name}.parquet").exists()
    }
    features = aggregate(tables, clients)
    seconds = time.perf_counter() - start
    usage = resource.getrusage(resource.RUSAGE_SELF)
    figures = {"clients": len(features), "features": features.shape[1], "seconds": round(seconds, 2)}
    used = {"cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2), "peak_mb": usage.ru_maxrss // 1024}
    print(json.dumps({"library": "pandas", **figures, **used}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
