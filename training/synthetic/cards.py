"""Monthly balances of credit cards (credit_card_balance)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from training.synthetic import marginals
from training.synthetic.bureau import MONTH, OLDEST_MONTH
from training.synthetic.columns import Booleans, Category, Floats, Table, category, floats, spread
from training.synthetic.draws import Ranks

_MINIMUM = 0.05
"""Least instalment as a share of the limit."""
_STATUSES = ("Active", "Completed", "Signed", "Sent proposal")
_SHARES = (0.9587, 0.0385, 0.0027, 0.0001)


def _at(ranks: Ranks, name: str, score: Floats) -> Floats:
    return marginals.numeric("credit_card_balance", name).at(ranks.share(f"card.{name}", score))


def card_balance(
    rng: np.random.Generator, ranks: Ranks, loans: Table, balanced: Booleans, scores: Mapping[str, Floats]
) -> Table:
    """Months of revolving loans; the column `loan` is a loan's position in `loans`."""
    loan = np.flatnonzero(balanced & category(loans, "NAME_CONTRACT_TYPE").equals("Revolving loans"))
    owner = floats(loans, "client")[loan].astype(np.int64)
    age = np.clip(np.ceil(-floats(loans, "DAYS_DECISION")[loan] / MONTH), 1, OLDEST_MONTH).astype(np.int64)
    latest = np.minimum(np.where(rng.uniform(size=len(loan)) < 0.6, 1, rng.integers(1, 5, len(loan))), age)
    position, step = spread(age - latest + 1)
    own = {name: scores[name][owner] for name in ("card_use", "card_draw", "arrears")}
    dormant = own["card_use"] + 0.45 * rng.standard_normal(len(loan)) < -0.28
    table: Table = {
        "loan": loan[position],
        "MONTHS_BALANCE": (step - age[position]).astype(np.int64),
        "dormant": dormant[position].astype(np.int64),
        "step": step,
    }
    _use(rng, ranks, table, own, position)
    _drawings(rng, ranks, table, own["card_draw"][position])
    _payments(rng, ranks, table)
    _state(rng, ranks, table, own["arrears"], position)
    return table


def _use(rng: np.random.Generator, ranks: Ranks, table: Table, own: Mapping[str, Floats], position: np.ndarray) -> None:
    cards, rows = len(own["card_use"]), len(position)
    step, dormant = floats(table, "step"), floats(table, "dormant") > 0
    phase, period = rng.uniform(0, 2 * np.pi, cards), rng.uniform(12, 60, cards)
    wave = np.sin(2 * np.pi * step / period[position] + phase[position])
    size = rng.standard_normal(cards)[position]
    # The limit of an unused card is often removed after some time.
    closed = dormant & (step > (8 + rng.exponential(25.0, cards))[position])
    limit_score = np.where(closed, rng.uniform(-20, -10, rows), size + 0.05 * rng.standard_normal(rows))
    limit = np.rint(_at(ranks, "AMT_CREDIT_LIMIT_ACTUAL", limit_score) / 45_00) * 45_00
    limit = np.where(closed, 0.0, np.maximum(limit, 9_000.0))
    use = 0.9 * own["card_use"][position] + 0.7 * wave + 0.15 * rng.standard_normal(rows) + 0.1
    drawn = ~dormant & (use > -0.35) & (limit > 0)
    share = np.clip(0.08 + 0.62 * (use + 0.35), 0.02, 1.06)
    owed = np.where(drawn, np.log(np.maximum(limit * share, 1.0)), rng.uniform(-20, -10, rows))
    balance = np.where(drawn, np.clip(_at(ranks, "AMT_BALANCE", owed), 0.0, 1.1 * limit), 0.0)
    table["AMT_CREDIT_LIMIT_ACTUAL"] = limit
    table["AMT_BALANCE"] = _cents(balance)
    principal = balance * rng.uniform(0.93, 0.99, rows)
    table["AMT_RECEIVABLE_PRINCIPAL"] = _cents(np.where(rng.uniform(size=rows) < 0.07, 0.0, principal))
    rest = np.where((balance == 0) & ~dormant & (rng.uniform(size=rows) < 0.06), -rng.exponential(300.0, rows), 0.0)
    table["AMT_RECIVABLE"] = _cents(balance * rng.uniform(0.985, 1.0, rows) + rest)
    table["AMT_TOTAL_RECEIVABLE"] = table["AMT_RECIVABLE"]
    minimum = np.where(balance > 0, np.minimum(limit * _MINIMUM, balance), 0.0)
    unknown = rng.uniform(size=rows) < 0.071
    table["AMT_INST_MIN_REGULARITY"] = np.where(unknown, np.nan, _cents(minimum))
    never = dormant & (rng.uniform(size=cards) < 0.5)[position]
    cumulated = np.where(never, 0.0, np.rint(step * np.where(dormant, 0.4, 0.85)))
    table["CNT_INSTALMENT_MATURE_CUM"] = np.where(unknown, np.nan, cumulated)


def _cents(amount: Floats) -> Floats:
    return np.rint(amount / 0.045) * 0.045


def _drawings(rng: np.random.Generator, ranks: Ranks, table: Table, habit: Floats) -> None:
    rows = len(habit)
    dormant, using = floats(table, "dormant") > 0, floats(table, "AMT_BALANCE") > 0
    unknown = dormant & (rng.uniform(size=rows) < 0.5)
    total, count = np.zeros(rows), np.zeros(rows)
    for kind, weight in (("ATM", 0.7), ("POS", 1.0), ("OTHER", 0.0)):
        score = weight * habit + rng.standard_normal(rows) + np.where(using, 0.0, -8.0)
        times = np.full(rows, np.nan)
        times[~unknown] = _at(ranks, f"CNT_DRAWINGS_{kind}_CURRENT", score[~unknown])
        amount = score + 0.4 * rng.standard_normal(rows) + np.where(times > 0, 20.0, 0.0)
        value = np.full(rows, np.nan)
        value[~unknown] = _at(ranks, f"AMT_DRAWINGS_{kind}_CURRENT", amount[~unknown])
        value = np.where(times > 0, np.maximum(value, 45.0), np.where(np.isnan(times), np.nan, 0.0))
        table[f"CNT_DRAWINGS_{kind}_CURRENT"] = times
        table[f"AMT_DRAWINGS_{kind}_CURRENT"] = np.rint(value / 4.5) * 4.5
        total += np.nan_to_num(value)
        count += np.nan_to_num(times)
    table["AMT_DRAWINGS_CURRENT"] = np.rint(total / 4.5) * 4.5
    table["CNT_DRAWINGS_CURRENT"] = count


def _payments(rng: np.random.Generator, ranks: Ranks, table: Table) -> None:
    using, dormant = floats(table, "AMT_BALANCE") > 0, floats(table, "dormant") > 0
    rows = len(using)
    due = np.log1p(np.nan_to_num(floats(table, "AMT_INST_MIN_REGULARITY"))) + rng.standard_normal(rows)
    paid = np.where(using, due, rng.uniform(-20, -10, rows))
    total = np.where(using, _at(ranks, "AMT_PAYMENT_TOTAL_CURRENT", paid), 0.0)
    extra = np.where(rng.uniform(size=rows) < 0.1, rng.exponential(2_000.0, rows), 0.0)
    small = np.where(using, total + extra, rng.exponential(500.0, rows) * (rng.uniform(size=rows) < 0.75))
    unknown = dormant & (rng.uniform(size=rows) < 0.52)
    table["AMT_PAYMENT_TOTAL_CURRENT"] = _cents(total)
    table["AMT_PAYMENT_CURRENT"] = np.where(unknown, np.nan, _cents(small))


def _state(rng: np.random.Generator, ranks: Ranks, table: Table, arrears: Floats, position: np.ndarray) -> None:
    rows = len(position)
    cumulative = np.cumsum(_SHARES)
    codes = (rng.uniform(size=rows)[:, None] >= cumulative).sum(axis=1).clip(max=len(_STATUSES) - 1)
    table["NAME_CONTRACT_STATUS"] = Category(codes.astype(np.int64), _STATUSES)
    late = (0.1 * arrears + 0.75 * rng.standard_normal(len(arrears)))[position] + 0.6 * rng.standard_normal(rows)
    late -= np.where(floats(table, "AMT_BALANCE") > 0, 0.0, 0.4)
    table["SK_DPD"] = _at(ranks, "SK_DPD", late)
    definite = _at(ranks, "SK_DPD_DEF", late + 0.3 * rng.standard_normal(rows))
    table["SK_DPD_DEF"] = np.minimum(definite, floats(table, "SK_DPD"))
