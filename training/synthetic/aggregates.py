"""Aggregates of a client's history: those whose relation to default is published."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from training.synthetic.columns import Booleans, Floats, Integers, Table, category, floats, integers

BAD = ("1", "2", "3", "4", "5")


class _Group:
    """Rows by client, and figures over the rows of each client; NaN for a client without rows."""

    def __init__(self, owner: Integers, clients: int) -> None:
        self.owner, self.clients = owner, clients

    def count(self, where: Booleans | None = None) -> Floats:
        rows = np.bincount(self.owner, minlength=self.clients).astype(np.float64)
        if where is None:
            return np.where(rows > 0, rows, np.nan)
        return np.where(rows > 0, np.bincount(self.owner[where], minlength=self.clients), np.nan)

    def share(self, where: Booleans) -> Floats:
        return np.asarray(self.count(where) / self.count())

    def sum(self, values: Floats) -> Floats:
        """The sum for each client; missing values count as 0."""
        total = np.bincount(self.owner, weights=np.nan_to_num(values), minlength=self.clients)
        return np.where(np.isnan(self.count()), np.nan, total)

    def mean(self, values: Floats) -> Floats:
        """The mean of each client's present values; NaN if all are missing."""
        present = ~np.isnan(values)
        number = np.bincount(self.owner[present], minlength=self.clients)
        total = np.bincount(self.owner[present], weights=values[present], minlength=self.clients)
        return np.where(number > 0, total / np.maximum(number, 1), np.nan)

    def max(self, values: Floats) -> Floats:
        """The maximum of each client's present values; NaN if all are missing."""
        present = ~np.isnan(values)
        top = np.full(self.clients, -np.inf)
        np.maximum.at(top, self.owner[present], values[present])
        return np.where(np.isinf(top), np.nan, top)


def aggregates(tables: Mapping[str, Table], clients: int) -> dict[str, Floats]:
    """Client aggregates by their published names, from tables in the generator's form."""
    loans = tables["previous_application"]
    owner = integers(loans, "client")
    return (
        _bureau(tables["bureau"], clients)
        | _balance(tables["bureau"], tables["bureau_balance"], clients)
        | _previous(loans, clients)
        | _pos(tables["POS_CASH_balance"], owner, clients)
        | _cards(tables["credit_card_balance"], owner, clients)
    )


def _ratio(top: Floats, bottom: Floats) -> Floats:
    return np.asarray(np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0))


def _bureau(table: Table, clients: int) -> dict[str, Floats]:
    group = _Group(integers(table, "client"), clients)
    active = category(table, "CREDIT_ACTIVE").equals("Active")
    kind = category(table, "CREDIT_TYPE")
    debt, days = floats(table, "AMT_CREDIT_SUM_DEBT"), floats(table, "DAYS_CREDIT")
    return {
        "bureau_n": group.count(),
        "bureau_active_n": group.count(active),
        "bureau_active_share": group.share(active),
        "bureau_days_credit_mean": group.mean(days),
        "bureau_days_credit_max": group.max(days),
        "bureau_days_credit_update_mean": group.mean(floats(table, "DAYS_CREDIT_UPDATE")),
        "bureau_enddate_mean": group.mean(floats(table, "DAYS_CREDIT_ENDDATE")),
        "bureau_debt_sum": group.sum(debt),
        "bureau_debt_ratio": _ratio(group.sum(debt), group.sum(floats(table, "AMT_CREDIT_SUM"))),
        "bureau_overdue_max": group.max(floats(table, "AMT_CREDIT_MAX_OVERDUE")),
        "bureau_overdue_now": group.max(floats(table, "CREDIT_DAY_OVERDUE")),
        "bureau_creditcard_share": group.share(kind.equals("Credit card")),
        "bureau_micro_n": group.count(kind.equals("Microloan")),
    }


def _balance(elsewhere: Table, table: Table, clients: int) -> dict[str, Floats]:
    owner = integers(elsewhere, "client")[integers(table, "credit")]
    group = _Group(owner, clients)
    return {"bb_bad_month_share": group.share(category(table, "STATUS").among(BAD)), "bb_months": group.count()}


def _previous(table: Table, clients: int) -> dict[str, Floats]:
    shown = floats(table, "listed") > 0
    group = _Group(integers(table, "client")[shown], clients)

    def column(name: str) -> Floats:
        return floats(table, name)[shown]

    status = category(table, "NAME_CONTRACT_STATUS").take(shown)
    return {
        "prev_n": group.count(),
        "prev_refused_share": group.share(status.equals("Refused")),
        "prev_approved_share": group.share(status.equals("Approved")),
        "prev_days_decision_mean": group.mean(column("DAYS_DECISION")),
        "prev_days_decision_max": group.max(column("DAYS_DECISION")),
        "prev_cnt_payment_mean": group.mean(column("CNT_PAYMENT")),
        "prev_app_credit_ratio": group.mean(_ratio(column("AMT_APPLICATION"), column("AMT_CREDIT"))),
        "prev_down_payment_rate": group.mean(column("RATE_DOWN_PAYMENT")),
        "prev_annuity_mean": group.mean(column("AMT_ANNUITY")),
        "prev_yield_high_share": group.share(category(table, "NAME_YIELD_GROUP").take(shown).equals("high")),
    }


def _pos(table: Table, owner: Integers, clients: int) -> dict[str, Floats]:
    group = _Group(owner[integers(table, "loan")], clients)
    return {
        "pos_n": group.count(),
        "pos_dpd_share": group.share(floats(table, "SK_DPD") > 0),
        "pos_dpd_def_share": group.share(floats(table, "SK_DPD_DEF") > 0),
        "pos_future_instalments_mean": group.mean(floats(table, "CNT_INSTALMENT_FUTURE")),
        "pos_months_last": group.max(floats(table, "MONTHS_BALANCE")),
    }


def _cards(table: Table, owner: Integers, clients: int) -> dict[str, Floats]:
    group = _Group(owner[integers(table, "loan")], clients)
    use = _ratio(floats(table, "AMT_BALANCE"), floats(table, "AMT_CREDIT_LIMIT_ACTUAL"))
    return {
        "cc_n": group.count(),
        "cc_util_mean": group.mean(use),
        "cc_util_max": group.max(use),
        "cc_atm_drawings_mean": group.mean(floats(table, "CNT_DRAWINGS_ATM_CURRENT")),
        "cc_drawings_mean": group.mean(floats(table, "CNT_DRAWINGS_CURRENT")),
        "cc_balance_mean": group.mean(floats(table, "AMT_BALANCE")),
        "cc_dpd_share": group.share(floats(table, "SK_DPD") > 0),
    }
