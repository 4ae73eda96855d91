"""Payments on earlier loans (installments_payments): amounts and days, due and paid."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from training.synthetic import marginals
from training.synthetic.bureau import MONTH
from training.synthetic.columns import Booleans, Floats, Table, category, floats, integers, spread
from training.synthetic.draws import Ranks
from training.synthetic.profile import profile

_DUE_DAYS = 30.0
_OLDEST_DAY = -2922.0
_SETTLED_EARLY = 0.35
"""Share of loans ended early whose last payment settles the remaining debt."""
_CARD_PAYMENTS = 0.3
"""The instalment number of a card grows by 2 minus this each month."""


def instalments(
    rng: np.random.Generator, ranks: Ranks, loans: Table, balanced: Booleans, cards: Table, scores: Mapping[str, Floats]
) -> Table:
    """Payments on the loans that have balances; the column `loan` is a loan's position in `loans`."""
    parts = [_on_loans(rng, loans, balanced), _on_cards(rng, cards)]
    table: Table = {name: np.concatenate([floats(part, name) for part in parts]) for name in parts[0]}
    order = np.lexsort((floats(table, "NUM_INSTALMENT_NUMBER"), floats(table, "loan")))
    table = {name: floats(table, name)[order] for name in table}
    owner = integers(loans, "client")[integers(table, "loan")]
    _punctuality(rng, ranks, table, scores["arrears"][owner])
    return table


def _on_loans(rng: np.random.Generator, loans: Table, balanced: Booleans) -> Table:
    revolving = category(loans, "NAME_CONTRACT_TYPE").equals("Revolving loans")
    loan = np.flatnonzero(balanced & ~revolving)
    first, ran = floats(loans, "first_due")[loan], floats(loans, "instalments")[loan]
    due = np.clip(np.minimum(ran, np.floor((-first - 1) / _DUE_DAYS) + 1), 0, None).astype(np.int64)
    position, step = spread(due)
    annuity = floats(loans, "AMT_ANNUITY")[loan]
    annuity = np.where(np.isnan(annuity), np.exp(rng.normal(9.0, 0.7, len(loan))), annuity)
    planned = np.nan_to_num(floats(loans, "CNT_PAYMENT")[loan], nan=0.0)
    settled = (ran < planned) & (rng.uniform(size=len(loan)) < _SETTLED_EARLY)
    last = (step == ran[position] - 1) & settled[position]
    amount = np.where(last, annuity[position] * np.maximum(planned - ran, 1)[position] * 0.8, annuity[position])
    version = np.where(last, 2.0, np.where(rng.uniform(size=len(step)) < 0.07, rng.integers(2, 7, len(step)), 1.0))
    return {
        "loan": loan[position].astype(np.float64),
        "NUM_INSTALMENT_VERSION": version,
        "NUM_INSTALMENT_NUMBER": (step + 1).astype(np.float64),
        "DAYS_INSTALMENT": first[position] + _DUE_DAYS * step,
        "AMT_INSTALMENT": amount,
    }


def _on_cards(rng: np.random.Generator, cards: Table) -> Table:
    minimum = np.nan_to_num(floats(cards, "AMT_INST_MIN_REGULARITY"))
    used = (floats(cards, "dormant") == 0) & (floats(cards, "MONTHS_BALANCE") > -96)
    times = np.where(used, 1 + rng.poisson(np.where(minimum > 0, 1.0, 0.2)), 0)
    position, step = spread(times)
    months = floats(cards, "MONTHS_BALANCE")[position]
    owed = np.where(minimum > 0, minimum, rng.exponential(900.0, len(minimum)))[position]
    payments = rng.exponential(1.0, len(position)) * owed
    return {
        "loan": floats(cards, "loan")[position],
        "NUM_INSTALMENT_VERSION": np.zeros(len(position)),
        "NUM_INSTALMENT_NUMBER": np.rint(floats(cards, "step")[position] * (2.0 - _CARD_PAYMENTS)) + step + 1.0,
        "DAYS_INSTALMENT": np.clip(np.floor(months * MONTH) + 20, _OLDEST_DAY, -1.0),
        "AMT_INSTALMENT": np.where(step == 0, owed, np.maximum(payments, 0.045)),
    }


def _punctuality(rng: np.random.Generator, ranks: Ranks, table: Table, arrears: Floats) -> None:
    rows = len(arrears)
    late = _published("installments_lateness_days").at(
        ranks.share("instalments.late", 0.4 * arrears + 0.9 * rng.standard_normal(rows))
    )
    day = floats(table, "DAYS_INSTALMENT")
    paid = np.minimum(day + np.rint(late), -1.0)
    short = _published("installments_underpayment").at(
        ranks.share("instalments.short", 0.3 * arrears + 0.95 * rng.standard_normal(rows))
    )
    amount = np.maximum(np.rint(floats(table, "AMT_INSTALMENT") / 0.045), 1.0) * 0.045
    # A payment is never negative; a client who pays too little pays a part of the amount.
    part = amount * rng.uniform(0.02, 0.9, rows)
    payment = np.where(short > 0, np.maximum(amount - short, part), amount - short)
    rate = profile()["tables"]["installments_payments"]["AMT_PAYMENT"]["missing"]
    unpaid = rng.uniform(size=rows) < rate
    table["AMT_INSTALMENT"] = amount
    table["DAYS_INSTALMENT"] = np.rint(day)
    table["DAYS_ENTRY_PAYMENT"] = np.where(unpaid, np.nan, np.rint(paid))
    table["AMT_PAYMENT"] = np.where(unpaid, np.nan, np.rint(payment / 0.045) * 0.045)


def _published(name: str) -> marginals.Numeric:
    """The distribution of a payment's delay or shortfall, from its quantiles and the share of exact payments."""
    row = profile()["structure"][name]
    levels = ("0", "1", "5", "25", "50", "75", "95", "99", "100")
    quantiles = [row["quantiles"][level] for level in levels]
    column = {"quantiles": quantiles, "mean": quantiles[-2], "unique": 1000}
    positive = row.get("share_under", row.get("share_late"))
    # About a quarter of the payments arrive on the due day.
    exact = row.get("share_exact", 1.0 - positive - 0.73)
    column |= {"zero": exact, "negative": 1.0 - exact - positive}
    over = row.get("share_late_over_30")
    return marginals.inverse(column, [[0, 30.0, 1.0 - over], [30.0, quantiles[-1], over]] if over else [])
