"""The course of earlier loans: their dates (in previous_application) and monthly balances (POS_CASH_balance)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from training.synthetic.bureau import MONTH, OLDEST_MONTH
from training.synthetic.columns import Booleans, Category, Floats, Table, category, floats, spread
from training.synthetic.draws import Ranks
from training.synthetic.marginals import Discrete, Numeric, numeric
from training.synthetic.previous import UNKNOWN_DATE
from training.synthetic.profile import profile

_DUE_DAYS = 30.0
"""Days between two instalments."""
_EARLY = 0.4
"""Share of loans repaid before their end."""
_CONFIRMED = {"Consumer loans": 0.978, "Cash loans": 0.922, "Revolving loans": 0.957}
"""Share of approved loans whose dates are known."""
_INSURED = {"Cash loans": 0.62, "Consumer loans": 0.25, "Revolving loans": 0.0}
_SIGNED = 0.09
"""Share of loans with the status Signed in their first month."""
_ACTIVE, _COMPLETED, _SIGNED_STATUS, _DEMAND, _RETURNED = 0, 1, 2, 3, 4
_POS_STATUSES = ("Active", "Completed", "Signed", "Demand", "Returned to the store", "Approved", "Amortized debt")


def schedule(rng: np.random.Generator, loans: Table) -> Table:
    """Dates of each application, missing if it did not become a loan; `instalments` is how many the loan had."""
    contract = category(loans, "NAME_CONTRACT_TYPE")
    rows = len(contract)
    revolving = contract.equals("Revolving loans")
    approved = category(loans, "NAME_CONTRACT_STATUS").equals("Approved")
    confirmed = approved & (rng.uniform(size=rows) < _by_contract(contract, _CONFIRMED))
    decision, planned = floats(loans, "DAYS_DECISION"), np.nan_to_num(floats(loans, "CNT_PAYMENT"), nan=0.0)
    first = np.minimum(decision + 29 + np.floor(rng.exponential(6.0, rows)), -2.0)
    early = rng.uniform(size=rows) < _EARLY
    ran = np.where(early, np.ceil(planned * rng.uniform(0.2, 1.0, rows)), planned)
    ran = np.where(revolving, 0.0, np.maximum(ran, 1.0))
    last = first + _DUE_DAYS * (ran - 1)
    end = last + np.floor(rng.uniform(2, 12, rows))
    unused = revolving & (rng.uniform(size=rows) < 0.45)
    ended_card = revolving & ~unused & (rng.uniform(size=rows) < 0.15)
    dates = {
        "DAYS_FIRST_DRAWING": np.where(
            revolving & ~unused, np.minimum(decision + rng.integers(1, 90, rows), -2), np.inf
        ),
        "DAYS_FIRST_DUE": np.where(unused, np.inf, first),
        "DAYS_LAST_DUE_1ST_VERSION": np.where(revolving, np.inf, first + _DUE_DAYS * (planned - 1)),
        "DAYS_LAST_DUE": np.where(
            (revolving & ~ended_card) | (last >= -1), np.inf, np.where(revolving, first / 2, last)
        ),
        "DAYS_TERMINATION": np.where(
            (revolving & ~ended_card) | (end >= -1), np.inf, np.where(revolving, first / 2, end)
        ),
    }
    table: Table = {
        name: np.where(confirmed, np.where(np.isinf(days), UNKNOWN_DATE, np.rint(days)), np.nan)
        for name, days in dates.items()
    }
    insured = rng.uniform(size=rows) < _by_contract(contract, _INSURED)
    table["NFLAG_INSURED_ON_APPROVAL"] = np.where(confirmed, insured.astype(np.float64), np.nan)
    table["instalments"] = ran.astype(np.int64)
    table["first_due"] = first
    return table


def _by_contract(contract: Category, values: Mapping[str, float]) -> Floats:
    return np.array([values.get(level, 0.0) for level in contract.levels])[contract.codes]


def with_balance(rng: np.random.Generator, loans: Table) -> Booleans:
    """A mask of the applications that have monthly balances: nearly all that became loans."""
    contract = category(loans, "NAME_CONTRACT_TYPE")
    published = profile()["linkage"]["prev_with_pos_share_by_contract_and_status"]
    shares = {
        name: max(row["pos"], row["cc"])
        for name, row in ((level, published.get(f"{level}|Approved", {"pos": 0, "cc": 0})) for level in contract.levels)
    }
    listed = floats(loans, "listed") > 0
    drawn = rng.uniform(size=len(listed)) < np.where(listed, _by_contract(contract, shares), 1.0)
    return np.asarray(category(loans, "NAME_CONTRACT_STATUS").equals("Approved") & drawn)


def pos_balance(
    rng: np.random.Generator, ranks: Ranks, loans: Table, balanced: Booleans, scores: Mapping[str, Floats]
) -> Table:
    """Months of cash and consumer loans; the column `loan` is a loan's position in `loans`."""
    revolving = category(loans, "NAME_CONTRACT_TYPE").equals("Revolving loans")
    loan = np.flatnonzero(balanced & ~revolving)
    start = np.minimum(-np.floor(floats(loans, "DAYS_DECISION")[loan] / MONTH), OLDEST_MONTH)
    ran = floats(loans, "instalments")[loan]
    # One loan in nine is in the table for longer than its instalments, or disappears before their end.
    shown = np.where(rng.uniform(size=len(loan)) < 0.11, np.ceil(ran * rng.uniform(0.2, 1.1, len(loan))), ran)
    months = np.clip(np.minimum(shown + 1, start), 1, None).astype(np.int64)
    position, step = spread(months)
    planned = np.maximum(floats(loans, "CNT_PAYMENT")[loan], ran)
    planned = np.where(np.isnan(planned), ran, planned)
    last = step == months[position] - 1
    done = last & (months == ran + 1)[position]
    status = np.where(done, _COMPLETED, _ACTIVE)
    signed = (step == 0) & (rng.uniform(size=len(loan)) < _SIGNED)[position] & ~done
    status = np.where(signed, _SIGNED_STATUS, status)
    unusual = rng.uniform(size=len(step))
    status = np.where((status == _ACTIVE) & (unusual < 0.0009), _DEMAND, status)
    status = np.where((step == 0) & last & (unusual > 0.7), _RETURNED, status)
    count = np.where(unusual > 1 - _missing("CNT_INSTALMENT"), np.nan, planned[position])
    future = np.where(done, 0.0, np.maximum(planned[position] - step, 0.0))
    owner = floats(loans, "client")[loan].astype(np.int64)
    late = 0.45 * scores["arrears"][owner] + 0.6 * rng.standard_normal(len(loan))
    late = late[position] + 0.65 * rng.standard_normal(len(step))
    past_due = _late(ranks, "SK_DPD", late)
    definite = np.minimum(_late(ranks, "SK_DPD_DEF", late + 0.3 * rng.standard_normal(len(step))), past_due)
    return {
        "loan": loan[position],
        "MONTHS_BALANCE": (step - start[position]).astype(np.int64),
        "CNT_INSTALMENT": count,
        "CNT_INSTALMENT_FUTURE": np.where(np.isnan(count), np.nan, future),
        "NAME_CONTRACT_STATUS": Category(status.astype(np.int64), _POS_STATUSES),
        "SK_DPD": past_due,
        "SK_DPD_DEF": definite,
    }


def _missing(name: str) -> float:
    return float(profile()["tables"]["POS_CASH_balance"][name]["missing"])


def _late(ranks: Ranks, name: str, score: Floats) -> Floats:
    days: Numeric | Discrete = numeric("POS_CASH_balance", name)
    return days.at(ranks.share(f"pos.{name}", score))
