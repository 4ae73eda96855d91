"""Earlier applications of clients at this lender (previous_application)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from training.synthetic import marginals
from training.synthetic.columns import Booleans, Category, Floats, Integers, Table, category, floats, integers, spread
from training.synthetic.draws import Ranks, normal_share
from training.synthetic.profile import profile

UNKNOWN_DATE = 365243
_CASH, _CONSUMER, _REVOLVING, _XNA = "Cash loans", "Consumer loans", "Revolving loans", "XNA"
CONTRACTS = (_CONSUMER, _CASH, _REVOLVING, _XNA)
STATUSES = ("Approved", "Unused offer", "Canceled", "Refused")
_UNLISTED_PER_CLIENT = 0.16
"""Mean number of loans per client whose balances are in the tables but whose application is not."""
_UNLISTED_REVOLVING = 0.24
_GOLDEN = (5**0.5 - 1) / 2
_FREE_LOW = 0.2
"""Share of goods loans of yield group `low_normal` without interest; all loans of `low_action` are without."""
_POS_SHARES = (
    ("mobile", ("Mobile",)),
    ("industry", ("Furniture", "Construction Materials", "Clothing and Accessories")),
)
_HOUSEHOLD = ("Consumer Electronics", "Computers", "Audio/Video", "Photo / Cinema Equipment", "Homewares")


def _at(ranks: Ranks, name: str, score: Floats) -> Floats:
    return marginals.numeric("previous_application", name).at(ranks.share(f"previous.{name}", score))


def _level(ranks: Ranks, name: str, score: Floats, *order: str, last: tuple[str, ...] = ()) -> Category:
    return marginals.levels("previous_application", name, order, last).at(ranks.share(f"previous.{name}", score))


def previous(rng: np.random.Generator, ranks: Ranks, scores: Mapping[str, Floats], held_out: Booleans) -> Table:
    """Earlier applications of some clients; `client` is a client's position, `listed` is 1 if the table shows the row.

    Applications that are not listed are approved loans; the files have only their balances and instalments.
    """
    share = normal_share(scores["previous_count"])
    key = "previous_application_rows_per_client"
    counts = np.where(held_out, marginals.row_counts("test", key, share), marginals.row_counts("train", key, share))
    hidden = rng.poisson(_UNLISTED_PER_CLIENT, size=len(share))
    owner, position = spread(counts + hidden)
    listed = position < counts[owner]
    factor = {name: score[owner] for name, score in scores.items() if name.startswith("previous")}
    table: Table = {"client": owner, "listed": listed.astype(np.int64)}
    _decision(rng, ranks, factor, position, table)
    _amounts(rng, ranks, factor, table)
    _product(rng, ranks, factor, table)
    _formalities(rng, ranks, table)
    return table


def _decision(
    rng: np.random.Generator, ranks: Ranks, factor: Mapping[str, Floats], position: Integers, table: Table
) -> None:
    owner, listed = integers(table, "client"), integers(table, "listed") > 0
    rows = len(listed)
    # Nearly every client has had a loan, so the first application is for goods and approved.
    first = position == 0
    start = rng.uniform(size=int(owner.max(initial=0)) + 1)[owner]
    # Steps of the golden ratio spread one client's contracts over all types.
    kind = np.where(first, 0.8 * start, (start + position * _GOLDEN) % 1.0)
    contract = _level(ranks, "NAME_CONTRACT_TYPE", kind, *CONTRACTS)
    hidden = np.where(rng.uniform(size=rows) < _UNLISTED_REVOLVING, _REVOLVING, _CONSUMER)
    codes = np.where(listed, contract.codes, [contract.levels.index(name) for name in hidden])
    contract = Category(codes, contract.levels)
    score = 0.55 * factor["previous_refusal"] + 0.8 * rng.standard_normal(rows) - np.where(first, 2.5, 0.0)
    status = np.zeros(rows, dtype=np.int64)
    for code, name in enumerate(contract.levels):
        here = listed & (contract.codes == code)
        refusal = ranks.share(f"previous.status.{name}", score[here])
        status[here] = np.searchsorted(_status_shares(contract.levels)[code], refusal, side="right").clip(max=3)
    table["NAME_CONTRACT_TYPE"] = contract
    table["NAME_CONTRACT_STATUS"] = Category(status, STATUSES)
    later = np.where(contract.equals(_CONSUMER), -0.6, 0.05) + np.array([0.0, 0.0, 0.7, 0.3])[status]
    card = contract.equals(_REVOLVING) & (status == 0)
    later = np.where(card, -0.2, later) - np.where(first, 0.4, 0.0)
    noise = np.where(card, 1.2, 0.75) * rng.standard_normal(rows)
    score = later + 0.62 * factor["previous_recency"] + noise
    table["DAYS_DECISION"] = _at(ranks, "DAYS_DECISION", score)


@cache
def _status_shares(contracts: tuple[str, ...]) -> Floats:
    """Cumulative shares of STATUSES by contract type."""
    counts = profile()["linkage"]["prev_with_pos_share_by_contract_and_status"]
    rows = [[counts.get(f"{contract}|{status}", {"n": 0})["n"] for status in STATUSES] for contract in contracts]
    shares = np.array([row if sum(row) else [0, 0, 1, 0] for row in rows], dtype=float)
    return np.asarray(np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1))


def _amounts(rng: np.random.Generator, ranks: Ranks, factor: Mapping[str, Floats], table: Table) -> None:
    contract, status = category(table, "NAME_CONTRACT_TYPE"), category(table, "NAME_CONTRACT_STATUS")
    consumer, revolving = contract.equals(_CONSUMER), contract.equals(_REVOLVING)
    rows = len(consumer)
    low = rng.uniform(-20.0, -10.0, rows)
    noise = rng.standard_normal(rows)
    # A cancelled or unused offer never had terms; a refused one often had none.
    dropped = status.equals("Canceled") & (rng.uniform(size=rows) < 0.97)
    unknown = dropped | (status.equals("Unused offer") & (rng.uniform(size=rows) < 0.98))
    refused_early = status.equals("Refused") & (rng.uniform(size=rows) < np.where(revolving, 0.05, 0.17))
    unknown |= refused_early | contract.equals(_XNA)
    nothing = dropped | (refused_early & ~consumer) | (revolving & ~dropped & (rng.uniform(size=rows) < 0.36))
    size = np.where(consumer, 0.0, 1.4) + 0.45 * factor["previous_amount"] + 0.8 * noise
    size += 0.55 * status.equals("Refused")
    size = np.where(revolving, 0.9 + 0.5 * noise, size)
    requested = np.where(nothing, 0.0, _at(ranks, "AMT_APPLICATION", np.where(nothing, low, size)))
    limit = 45_000.0 * np.maximum(np.rint(np.exp(1.1 + 0.6 * noise)), 1.0)
    down = _down_payments(rng, ranks, factor, table, unknown)
    fees = np.exp(0.07 + 0.09 * factor["previous_refusal"] * 0.3 + 0.09 * rng.standard_normal(rows))
    fees = np.where(revolving, 1.0, fees)
    credit = np.where((requested == 0) & revolving & ~unknown, limit, requested * fees * (1.0 - np.nan_to_num(down)))
    credit = np.where(dropped, 0.0, np.rint(credit / 4.5) * 4.5)
    length = np.where(consumer, -0.55, 0.6) + 0.35 * factor["previous_term"] + 0.5 * (size - 0.6) + 0.6 * noise
    length += 0.4 * status.equals("Refused")
    length = np.where(revolving, low, length + 0.5 * rng.standard_normal(rows))
    payments = np.full(rows, np.nan)
    payments[~unknown] = _at(ranks, "CNT_PAYMENT", length[~unknown])
    payments = np.where(
        payments > 12, np.rint(payments / 6) * 6, np.where(payments > 0, np.maximum(payments, 3), payments)
    )
    payments = np.where(revolving & ~unknown, 0.0, np.where(unknown, np.nan, np.maximum(payments, 3.0)))
    rate = 1.0 + 0.014 * (payments + 1) * np.exp(0.25 * rng.standard_normal(rows))
    annuity = np.where(revolving, credit * 0.05, credit * rate / np.maximum(payments, 1.0))
    table["AMT_APPLICATION"] = requested
    table["AMT_CREDIT"] = credit
    table["AMT_GOODS_PRICE"] = np.where(requested > 0, requested, np.nan)
    table["CNT_PAYMENT"] = payments
    table["AMT_ANNUITY"] = np.where(unknown, np.nan, np.rint(annuity / 0.045) * 0.045)
    table["RATE_DOWN_PAYMENT"] = down
    table["AMT_DOWN_PAYMENT"] = np.rint(down * requested / 4.5) * 4.5


def _down_payments(
    rng: np.random.Generator, ranks: Ranks, factor: Mapping[str, Floats], table: Table, unknown: Booleans
) -> Floats:
    contract = category(table, "NAME_CONTRACT_TYPE")
    rows = len(unknown)
    stated = ~unknown & (contract.equals(_CONSUMER) | (contract.equals(_CASH) & (rng.uniform(size=rows) < 0.16)))
    score = 0.5 * factor["previous_down"] + rng.standard_normal(rows) + np.where(contract.equals(_CONSUMER), 0.4, -3.0)
    rate = np.full(rows, np.nan)
    rate[stated] = _at(ranks, "RATE_DOWN_PAYMENT", score[stated])
    return rate


def _product(rng: np.random.Generator, ranks: Ranks, factor: Mapping[str, Floats], table: Table) -> None:
    contract, status = category(table, "NAME_CONTRACT_TYPE"), category(table, "NAME_CONTRACT_STATUS")
    consumer, revolving = contract.equals(_CONSUMER), contract.equals(_REVOLVING)
    rows = len(consumer)
    stated = ~np.isnan(floats(table, "AMT_ANNUITY"))
    chance = rng.uniform(size=rows)
    portfolio = np.select([~stated, consumer, revolving], [0, 1, 3], 2)
    portfolio = np.where((portfolio == 1) & (rng.uniform(size=rows) < 0.0005), 4, portfolio)
    table["NAME_PORTFOLIO"] = Category(portfolio, ("XNA", "POS", "Cash", "Cards", "Cars"))
    offered = np.where(consumer | ~stated, 0.0, 1.0 + 0.3 * ~status.equals("Refused"))
    table["NAME_PRODUCT_TYPE"] = _level(ranks, "NAME_PRODUCT_TYPE", offered + chance, "XNA", "walk-in")
    cost = normal_share(0.5 * factor["previous_yield"] + np.sqrt(0.75) * rng.standard_normal(rows))
    order = ("low_action", "low_normal", "middle", "high")
    table["NAME_YIELD_GROUP"] = _level(ranks, "NAME_YIELD_GROUP", (stated & ~revolving) + cost, "XNA", *order)
    # A loan without terms has no price.
    priced = category(table, "NAME_YIELD_GROUP")
    codes = np.where(stated & ~revolving, np.maximum(priced.codes, 1), 0)
    table["NAME_YIELD_GROUP"] = Category(codes, priced.levels)
    goods = _level(ranks, "NAME_GOODS_CATEGORY", consumer + rng.uniform(size=rows), "XNA")
    table["NAME_GOODS_CATEGORY"] = Category(np.where(consumer, goods.codes, 0), goods.levels)
    table["PRODUCT_COMBINATION"] = _combination(table, stated, rng.uniform(size=rows))


def _combination(table: Table, stated: Booleans, chance: Floats) -> Category:
    """The product's name, which repeats the content of other columns."""
    names = tuple(profile()["tables"]["previous_application"]["PRODUCT_COMBINATION"]["levels"])
    contract, yields = category(table, "NAME_CONTRACT_TYPE"), category(table, "NAME_YIELD_GROUP")
    product, goods = category(table, "NAME_PRODUCT_TYPE"), category(table, "NAME_GOODS_CATEGORY")
    price = np.array(["low", "low", "low", "middle", "high"])[yields.codes]
    street = np.where(product.equals("x-sell"), "X-Sell", "Street")
    free = yields.equals("low_action") | (yields.equals("low_normal") & (chance < _FREE_LOW))
    interest = np.where(free, " without interest", " with interest")
    where = np.full(len(stated), "POS other", dtype=object)
    for name, levels in (*_POS_SHARES, ("household", _HOUSEHOLD)):
        where[goods.among(levels) | ((name == "household") & goods.equals("XNA"))] = f"POS {name}"
    cash = np.char.add(np.char.add(np.char.add("Cash ", street), ": "), price).astype(object)
    choice = [~stated & contract.equals(_CASH), contract.equals(_CASH), contract.equals(_REVOLVING)]
    text = np.select(choice, [np.full(len(stated), "Cash", dtype=object), cash, np.char.add("Card ", street)], "")
    text = np.where(contract.equals(_CONSUMER), where + interest.astype(object), text)
    text = np.where(text == "POS others with interest", "POS other with interest", text)
    codes = {name: code for code, name in enumerate(names)}
    values, inverse = np.unique(text.astype(str), return_inverse=True)
    fallback = {"POS other without interest": "POS others without interest", "": ""}
    return Category(
        np.array([codes.get(fallback.get(str(v), str(v)), -1) for v in values], dtype=np.int64)[inverse], names
    )


def _formalities(rng: np.random.Generator, ranks: Ranks, table: Table) -> None:
    contract, status = category(table, "NAME_CONTRACT_TYPE"), category(table, "NAME_CONTRACT_STATUS")
    consumer, cash = contract.equals(_CONSUMER), contract.equals(_CASH)
    cancelled = status.equals("Canceled")
    rows = len(consumer)

    def chance() -> Floats:
        return rng.uniform(size=rows)

    table["WEEKDAY_APPR_PROCESS_START"] = marginals.levels("previous_application", "WEEKDAY_APPR_PROCESS_START").at(
        chance()
    )
    table["HOUR_APPR_PROCESS_START"] = marginals.numeric("previous_application", "HOUR_APPR_PROCESS_START").at(chance())
    table["FLAG_LAST_APPL_PER_CONTRACT"] = marginals.levels("previous_application", "FLAG_LAST_APPL_PER_CONTRACT").at(
        chance()
    )
    table["NFLAG_LAST_APPL_IN_DAY"] = marginals.numeric("previous_application", "NFLAG_LAST_APPL_IN_DAY").at(chance())
    for name in ("RATE_INTEREST_PRIMARY", "RATE_INTEREST_PRIVILEGED"):
        rare = chance() < profile()["tables"]["previous_application"][name]["missing"]
        table[name] = np.where(rare, np.nan, marginals.numeric("previous_application", name).at(chance()))
    purpose = np.where(cash, 1.0 + chance() + 0.4 * (~cancelled), 0.0 + chance())
    table["NAME_CASH_LOAN_PURPOSE"] = _level(ranks, "NAME_CASH_LOAN_PURPOSE", purpose, "XAP", "XNA")
    unpaid = contract.equals(_REVOLVING) | (cash & cancelled) | (chance() < 0.12)
    table["NAME_PAYMENT_TYPE"] = _level(ranks, "NAME_PAYMENT_TYPE", np.where(unpaid, 0.0, 1.0) + chance(), "XNA")
    reason = np.select([status.equals("Refused"), status.equals("Unused offer")], [2.0, 1.0], 0.0)
    rejected = _level(ranks, "CODE_REJECT_REASON", reason + chance(), "XAP", "CLIENT", "HC")
    refused = np.maximum(rejected.codes, 2)
    table["CODE_REJECT_REASON"] = Category(
        np.select([reason == 2.0, reason == 1.0], [refused, np.ones_like(refused)], 0), rejected.levels
    )
    suite = marginals.levels("previous_application", "NAME_TYPE_SUITE").at(chance())
    alone = chance() < np.where(cancelled, 0.97, 0.37)
    table["NAME_TYPE_SUITE"] = Category(np.where(alone, -1, suite.codes), suite.levels)
    age = -floats(table, "DAYS_DECISION") / 1000 + np.where(consumer, 1.5, 0.0) + chance()
    table["NAME_CLIENT_TYPE"] = _level(ranks, "NAME_CLIENT_TYPE", age, "Repeater", "Refreshed", "XNA", last=("New",))
    shop = ("Stone", "Regional / Local", "Channel of corporate sales", "Car dealer", "Country-wide")
    table["CHANNEL_TYPE"] = _level(ranks, "CHANNEL_TYPE", np.where(consumer, 0.0, 1.0) + chance(), *shop)
    sold_in = np.where(consumer, 1.0, 0.0) + chance()
    table["NAME_SELLER_INDUSTRY"] = _level(ranks, "NAME_SELLER_INDUSTRY", sold_in, "XNA")
    table["SELLERPLACE_AREA"] = _at(ranks, "SELLERPLACE_AREA", np.where(consumer, 1.0, 0.0) + chance())
