"""Credits of clients at other lenders (bureau), and their monthly status (bureau_balance)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from training.synthetic import marginals
from training.synthetic.columns import Booleans, Category, Floats, Integers, Table, category, floats, integers, spread
from training.synthetic.draws import Ranks, normal_share
from training.synthetic.profile import profile

MONTH = 30.4375
OLDEST_MONTH = 96
STATUSES = ("1", "2", "3", "4", "5", "0", "X", "C")
"""Days past due in classes 1 to 5, none (0), unknown (X), closed (C)."""

_REVOLVING = "Credit card"
_OPEN = {"Credit card": 1.2, "Mortgage": 1.3, "Car loan": 0.3, "Microloan": 0.0}
"""By type, the addition to the score for an open credit; for a consumer credit it is 0."""
_SIZE = {"Mortgage": 3.0, "Car loan": 2.0, "Loan for business development": 2.0, "Microloan": -1.6, "Credit card": -0.3}
_TERM = {"Credit card": 900.0, "Mortgage": 5000.0, "Car loan": 1700.0, "Microloan": 40.0}
"""Usual days to the agreed end; a consumer credit has _CONSUMER_TERM."""
_CONSUMER_TERM = 480.0
_ENDLESS_CARDS = 0.09
_ENDLESS_TERM = 31_000.0


def _at(ranks: Ranks, name: str, score: Floats) -> Floats:
    return marginals.numeric("bureau", name).at(ranks.share(f"bureau.{name}", score))


def bureau(rng: np.random.Generator, ranks: Ranks, scores: Mapping[str, Floats], held_out: Booleans) -> Table:
    """Credits of some clients; the column `client` is a client's position.

    SK_ID_CURR and SK_ID_BUREAU are added when the tables are written.
    """
    share = normal_share(scores["bureau_count"])
    key = "bureau_rows_per_client"
    owner, _ = spread(
        np.where(held_out, marginals.row_counts("test", key, share), marginals.row_counts("train", key, share))
    )
    factor = {name: score[owner] for name, score in scores.items() if name.startswith(("bureau", "arrears"))}
    table: Table = {"client": owner}
    _kind(rng, ranks, factor, table)
    _dates(rng, ranks, factor, table)
    _amounts(rng, ranks, factor, table)
    _arrears(rng, ranks, factor, table)
    return table


def _by_type(table: Table, effect: Mapping[str, float], other: float) -> Floats:
    kind = category(table, "CREDIT_TYPE")
    return np.array([effect.get(level, other) for level in kind.levels])[kind.codes]


def _kind(rng: np.random.Generator, ranks: Ranks, factor: Mapping[str, Floats], table: Table) -> None:
    rows = len(factor["bureau_recency"])
    recency = 0.62 * factor["bureau_recency"] + 0.78 * rng.standard_normal(rows)
    table["DAYS_CREDIT"] = _at(ranks, "DAYS_CREDIT", recency)
    kind = marginals.levels("bureau", "CREDIT_TYPE", (), (_REVOLVING,))
    score = 0.35 * factor["bureau_cards"] + rng.standard_normal(rows)
    table["CREDIT_TYPE"] = kind.at(ranks.share("bureau.CREDIT_TYPE", score))
    age = -floats(table, "DAYS_CREDIT")
    score = 1.5 * np.log((_by_type(table, _TERM, _CONSUMER_TERM) + 200) / (age + 60)) + 0.6 * factor["bureau_open"]
    score += _by_type(table, _OPEN, 0.0) + 0.8 * rng.standard_normal(rows)
    activity = marginals.levels("bureau", "CREDIT_ACTIVE", ("Closed", "Sold"), ("Active",))
    table["CREDIT_ACTIVE"] = activity.at(ranks.share("bureau.CREDIT_ACTIVE", score))
    table["CREDIT_CURRENCY"] = marginals.levels("bureau", "CREDIT_CURRENCY").at(rng.uniform(size=rows))


def _dates(rng: np.random.Generator, ranks: Ranks, factor: Mapping[str, Floats], table: Table) -> None:
    opened = floats(table, "DAYS_CREDIT")
    active = category(table, "CREDIT_ACTIVE").equals("Active")
    card = category(table, "CREDIT_TYPE").equals(_REVOLVING)
    rows = len(opened)
    term = _by_type(table, _TERM, _CONSUMER_TERM) * np.exp(0.75 * rng.standard_normal(rows))
    term = np.where(card & (rng.uniform(size=rows) < _ENDLESS_CARDS), _ENDLESS_TERM * rng.uniform(0.9, 1, rows), term)
    # Most open credits end in the future. Most closed credits were repaid by their agreed end.
    end = np.where(active, np.maximum(opened + term, term * rng.uniform(-0.1, 1.0, rows)), opened + term)
    end = np.maximum(_at(ranks, "DAYS_CREDIT_ENDDATE", end), opened)
    closed = opened - opened * np.minimum(1.0, term / np.maximum(-opened, 1.0)) * rng.uniform(0.55, 1.0, rows)
    fact = np.full(rows, np.nan)
    fact[~active] = np.clip(_at(ranks, "DAYS_ENDDATE_FACT", closed[~active]), opened[~active], -1.0)
    fact[~active & (opened == 0)] = 0.0
    update = np.where(active, -30.0 * rng.exponential(size=rows), closed * rng.uniform(0.3, 1.0, rows))
    update = _at(ranks, "DAYS_CREDIT_UPDATE", update)
    table["DAYS_CREDIT_UPDATE"] = np.maximum(update, np.where(active, opened, np.nan_to_num(fact, nan=-1e6)))
    unknown = rng.uniform(size=rows) < np.where(card, 0.21, 0.0175)
    table["DAYS_CREDIT_ENDDATE"] = np.where(unknown, np.nan, end)
    table["DAYS_ENDDATE_FACT"] = fact


def _amounts(rng: np.random.Generator, ranks: Ranks, factor: Mapping[str, Floats], table: Table) -> None:
    active = category(table, "CREDIT_ACTIVE").equals("Active")
    card = category(table, "CREDIT_TYPE").equals(_REVOLVING)
    rows = len(active)
    unused_card = card & (rng.uniform(size=rows) < 0.17)
    size = _by_type(table, _SIZE, 0.0) + 0.5 * factor["bureau_amount"] + rng.standard_normal(rows)
    size = np.where(unused_card, -20.0 + size, size + 0.9 * (active & ~card))
    total = _at(ranks, "AMT_CREDIT_SUM", size)
    opened, end = floats(table, "DAYS_CREDIT"), np.nan_to_num(floats(table, "DAYS_CREDIT_ENDDATE"), nan=0.0)
    left = np.clip(end / np.maximum(end - opened, 30.0), 0.05, 1.0)
    left = np.where(card, normal_share(factor["bureau_debt"] + rng.standard_normal(rows) - 0.4), left)
    owed = active & (total > 0) & (factor["bureau_debt"] + 1.3 * rng.standard_normal(rows) > np.where(card, -0.4, -2.4))
    owes = np.log1p(total) + np.log(left) + 0.25 * factor["bureau_debt"] + 0.2 * rng.standard_normal(rows)
    debt = _at(ranks, "AMT_CREDIT_SUM_DEBT", np.where(owed, owes, rng.uniform(-20.0, -10.0, rows)))
    debt = np.where(owed, np.minimum(debt, total), 0.0)
    room = card & active & (rng.uniform(size=rows) < 0.41)
    limit = np.where(room, np.log1p(np.maximum(total - debt, 0.0)), rng.uniform(-20.0, -10.0, rows))
    limit = np.where(room, np.minimum(_at(ranks, "AMT_CREDIT_SUM_LIMIT", limit), total), 0.0)
    instalment = ~card & (rng.uniform(size=rows) < np.where(active, 0.85, 0.28))
    rate = np.log1p(total) - 0.6 * np.log(np.maximum(end - opened, 90.0)) + 0.4 * rng.standard_normal(rows)
    annuity = _at(ranks, "AMT_ANNUITY", np.where(instalment, rate, rng.uniform(-20.0, -10.0, rows)))
    missing = {
        "AMT_CREDIT_SUM_DEBT": (0.18, 0.09),
        "AMT_CREDIT_SUM_LIMIT": (0.41, 0.305),
        "AMT_ANNUITY": (0.615, 0.487),
    }
    table["AMT_CREDIT_SUM"] = total
    for name, values in {"AMT_CREDIT_SUM_DEBT": debt, "AMT_CREDIT_SUM_LIMIT": limit, "AMT_ANNUITY": annuity}.items():
        closed_rate, active_rate = missing[name]
        gap = rng.uniform(size=rows) < np.where(active, active_rate, closed_rate)
        table[name] = np.where(gap, np.nan, values)


def _arrears(rng: np.random.Generator, ranks: Ranks, factor: Mapping[str, Floats], table: Table) -> None:
    rows = len(factor["arrears"])
    active = category(table, "CREDIT_ACTIVE").equals("Active")
    late = 0.6 * factor["arrears"] + 0.8 * rng.standard_normal(rows)
    now = late + np.where(active, 0.0, -6.0)
    table["CREDIT_DAY_OVERDUE"] = _at(ranks, "CREDIT_DAY_OVERDUE", now)
    table["AMT_CREDIT_SUM_OVERDUE"] = _at(ranks, "AMT_CREDIT_SUM_OVERDUE", now)
    worst = _at(ranks, "AMT_CREDIT_MAX_OVERDUE", 0.6 * factor["arrears"] + 0.8 * rng.standard_normal(rows))
    rate = profile()["tables"]["bureau"]["AMT_CREDIT_MAX_OVERDUE"]["missing"]
    table["AMT_CREDIT_MAX_OVERDUE"] = np.where(rng.uniform(size=rows) < rate, np.nan, worst)
    table["CNT_CREDIT_PROLONG"] = marginals.numeric("bureau", "CNT_CREDIT_PROLONG").at(rng.uniform(size=rows))


def bureau_balance(
    rng: np.random.Generator, elsewhere: Table, scores: Mapping[str, Floats], held_out: Booleans
) -> Table:
    """Months of the credits that have a balance; the column `credit` is a credit's position in `elsewhere`.

    Either all credits of a client have balances or none. Nearly all held-out clients have them, and about a third of
    the others.
    """
    linkage = profile()["linkage"]
    rates = (linkage["bureau_credits_with_balance_train"], linkage["bureau_credits_with_balance_test"])
    reported = rng.uniform(size=len(held_out)) < np.where(held_out, rates[1], rates[0])
    owner = integers(elsewhere, "client")
    credit = np.flatnonzero(reported[owner])
    age = np.floor(-floats(elsewhere, "DAYS_CREDIT")[credit] / MONTH).astype(np.int64)
    unreported = rng.uniform(size=len(credit)) > profile()["structure"]["bureau_balance_latest_month_share_zero"]
    latest = np.where(unreported, np.floor(rng.uniform(size=len(credit)) * (age + 1) * 0.8), 0).astype(np.int64)
    months = np.minimum(age, OLDEST_MONTH) - latest + 1
    position, step = spread(np.maximum(months, 1))
    month = latest[position] + np.maximum(months, 1)[position] - 1 - step
    closing = np.nan_to_num(-floats(elsewhere, "DAYS_ENDDATE_FACT")[credit] / MONTH, nan=-1.0)
    behaviour = _chain(rng, np.maximum(months, 1), scores["arrears"][owner][credit])
    # A lender that reports a credit as closed has mostly also reported its last month.
    at = np.clip(latest + np.maximum(months, 1) - 1 - np.floor(closing + 0.5), 0, np.maximum(months, 1) - 1)
    first = np.cumsum(np.maximum(months, 1)) - np.maximum(months, 1)
    closing = np.where(rng.uniform(size=len(credit)) < 0.13, -1.0, closing)
    final = (first + at.astype(np.int64))[(closing >= 0) & (rng.uniform(size=len(credit)) < 0.75)]
    behaviour[final[behaviour[final] == STATUSES.index("X")]] = STATUSES.index("0")
    status = np.where(month <= closing[position] - 0.5, STATUSES.index("C"), behaviour)
    return {"credit": credit[position], "MONTHS_BALANCE": -month, "STATUS": Category(status.astype(np.int64), STATUSES)}


@cache
def _transitions() -> Floats:
    """Monthly transitions between all statuses except C, cumulated over the next status."""
    published = profile()["structure"]["bureau_balance_status_monthly_transition"]
    rows = np.array([[published[before][after] for after in STATUSES[:-1]] for before in STATUSES[:-1]])
    return np.asarray(np.cumsum(rows / rows.sum(axis=1, keepdims=True), axis=1))


_ARREARS_SPREAD = 1.3
"""Standard deviation of the log odds that a client falls behind in a month."""


def _chain(rng: np.random.Generator, months: Integers, arrears: Floats) -> Integers:
    """Monthly statuses of open credits, credit by credit, oldest month first."""
    cumulative = _transitions()
    order = np.argsort(-months, kind="stable")
    lengths = months[order]
    weight = np.exp(_ARREARS_SPREAD * arrears[order] - _ARREARS_SPREAD**2 / 2)
    worse = cumulative[STATUSES.index("0"), 4]
    weight = np.minimum(weight, 0.5 / worse)
    start = np.cumsum(months) - months
    status = np.where(rng.uniform(size=len(order)) < 0.47, STATUSES.index("X"), STATUSES.index("0"))
    result = np.empty(int(months.sum()), dtype=np.int64)
    for step in range(int(lengths.max(initial=0))):
        alive = int(np.searchsorted(-lengths, -step, side="left"))
        status = status[:alive]
        result[start[order[:alive]] + step] = status
        share = _lean(rng.uniform(size=alive), status, weight[:alive] * worse, worse)
        status = (share[:, None] >= cumulative[status]).sum(axis=1).clip(max=len(STATUSES) - 2)
    return result


def _lean(share: Floats, status: Integers, own: Floats, average: float) -> Floats:
    """Bend a uniform share, so that a client without arrears falls behind at the client's rate, not the average."""
    behind = share < own
    bent = np.where(behind, share / own * average, average + (share - own) / (1.0 - own) * (1.0 - average))
    return np.where(status == STATUSES.index("0"), bent, share)
