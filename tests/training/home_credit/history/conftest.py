"""Made-up history tables, small and nasty: ties, gaps, anomalies, zeros and clients without rows."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest

UNKNOWN_DAY = 365243

CLIENTS = pl.Series("SK_ID_CURR", range(100_040, 100_000, -1), dtype=pl.Int64)
"""The last two have no rows in any table."""


class _Draws:
    def __init__(self, rows: int, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.rows = rows

    def holes(self, values: np.ndarray) -> pl.Series:
        missing = self.random.random(self.rows) < 0.1
        return pl.Series(np.where(missing, np.nan, values)).fill_nan(None)

    def clients(self) -> np.ndarray:
        return self.random.integers(100_003, 100_041, self.rows)

    def days(self) -> pl.Series:
        days = self.random.integers(-1500, 100, self.rows)
        return self.holes(np.where(self.random.random(self.rows) < 0.1, UNKNOWN_DAY, days).astype(float))

    def amounts(self) -> pl.Series:
        amounts = np.round(self.random.lognormal(10, 2, self.rows), 3)
        return self.holes(np.where(self.random.random(self.rows) < 0.2, 0, amounts))

    def numbers(self, low: int, high: int) -> np.ndarray:
        return self.random.integers(low, high, self.rows)

    def words(self, *levels: str) -> np.ndarray:
        return self.random.choice(levels, self.rows)


def _bureau(draw: _Draws) -> dict[str, object]:
    return {
        "SK_ID_CURR": draw.clients(),
        "SK_ID_BUREAU": 5_000_000 + np.arange(draw.rows),
        "CREDIT_ACTIVE": draw.words("Active", "Closed", "Sold"),
        "CREDIT_TYPE": draw.words("Consumer credit", "Credit card", "Mortgage", "Microloan"),
        "DAYS_CREDIT": draw.numbers(-1500, 0),
        "CREDIT_DAY_OVERDUE": draw.numbers(0, 3),
        **{name: draw.days() for name in ("DAYS_CREDIT_ENDDATE", "DAYS_ENDDATE_FACT", "DAYS_CREDIT_UPDATE")},
        **{f"AMT_CREDIT_SUM{end}": draw.amounts() for end in ("", "_DEBT", "_LIMIT", "_OVERDUE")},
        "AMT_CREDIT_MAX_OVERDUE": draw.amounts(),
        "AMT_ANNUITY": draw.amounts(),
        "CNT_CREDIT_PROLONG": draw.numbers(0, 2),
    }


def _bureau_balance(draw: _Draws) -> dict[str, object]:
    return {
        "SK_ID_BUREAU": 5_000_000 + draw.numbers(0, 90),
        "MONTHS_BALANCE": -draw.numbers(0, 40),
        "STATUS": draw.words("C", "X", "0", "1", "2", "5"),
    }


def _previous_application(draw: _Draws) -> dict[str, object]:
    moments = ("FIRST_DUE", "LAST_DUE_1ST_VERSION", "LAST_DUE", "TERMINATION", "FIRST_DRAWING")
    return {
        "SK_ID_CURR": draw.clients(),
        "SK_ID_PREV": 1_000_000 + np.arange(draw.rows),
        "NAME_CONTRACT_TYPE": draw.words("Cash loans", "Consumer loans", "Revolving loans"),
        "NAME_CONTRACT_STATUS": draw.words("Approved", "Refused", "Canceled", "Unused offer"),
        "CODE_REJECT_REASON": draw.words("XAP", "HC", "LIMIT", "SCO", "SCOFR"),
        "NAME_YIELD_GROUP": draw.words("XNA", "high", "low_normal", "low_action"),
        "CHANNEL_TYPE": draw.words("Stone", "AP+ (Cash loan)"),
        "NAME_PRODUCT_TYPE": draw.words("XNA", "walk-in"),
        "NAME_CLIENT_TYPE": draw.words("New", "Repeater"),
        "NFLAG_INSURED_ON_APPROVAL": draw.holes(draw.numbers(0, 2).astype(float)),
        "HOUR_APPR_PROCESS_START": draw.numbers(0, 24),
        "DAYS_DECISION": -draw.numbers(1, 1500),
        **{f"DAYS_{name}": draw.days() for name in moments},
        **{f"AMT_{name}": draw.amounts() for name in ("APPLICATION", "CREDIT", "ANNUITY", "DOWN_PAYMENT")},
        "CNT_PAYMENT": draw.holes(draw.numbers(0, 60).astype(float)),
    }


def _pos_cash_balance(draw: _Draws) -> dict[str, object]:
    return {
        "SK_ID_CURR": draw.clients(),
        "SK_ID_PREV": 1_000_000 + draw.numbers(0, 3),
        "MONTHS_BALANCE": -draw.numbers(1, 40),
        "CNT_INSTALMENT": draw.holes(draw.numbers(1, 60).astype(float)),
        "CNT_INSTALMENT_FUTURE": draw.holes(draw.numbers(0, 60).astype(float)),
        "NAME_CONTRACT_STATUS": draw.words(*["Active"] * 8, "Completed"),
        "SK_DPD": draw.numbers(0, 3),
        "SK_DPD_DEF": draw.numbers(0, 2),
    }


def _credit_card_balance(draw: _Draws) -> dict[str, object]:
    drawings = ("ATM_CURRENT", "CURRENT", "POS_CURRENT")
    return {
        "SK_ID_CURR": draw.clients(),
        "SK_ID_PREV": 1_000_000 + draw.numbers(0, 3),
        "MONTHS_BALANCE": -draw.numbers(1, 30),
        "AMT_CREDIT_LIMIT_ACTUAL": draw.numbers(0, 3) * 45_000,
        **{f"AMT_DRAWINGS_{name}": draw.amounts() for name in drawings},
        **{f"AMT_{name}": draw.amounts() for name in ("BALANCE", "PAYMENT_TOTAL_CURRENT", "INST_MIN_REGULARITY")},
        **{f"AMT_{name}": draw.amounts() for name in ("RECEIVABLE_PRINCIPAL", "TOTAL_RECEIVABLE")},
        "CNT_DRAWINGS_ATM_CURRENT": draw.holes(draw.numbers(0, 5).astype(float)),
        "CNT_DRAWINGS_CURRENT": draw.numbers(0, 9),
        "CNT_INSTALMENT_MATURE_CUM": draw.holes(draw.numbers(0, 50).astype(float)),
        "SK_DPD": draw.numbers(0, 3),
        "SK_DPD_DEF": draw.numbers(0, 2),
    }


def _installments_payments(draw: _Draws) -> dict[str, object]:
    return {
        "SK_ID_CURR": draw.clients(),
        "SK_ID_PREV": 1_000_000 + draw.numbers(0, 3),
        "NUM_INSTALMENT_VERSION": draw.numbers(0, 4).astype(float),
        "NUM_INSTALMENT_NUMBER": draw.numbers(1, 60),
        "DAYS_INSTALMENT": draw.days(),
        "DAYS_ENTRY_PAYMENT": draw.days(),
        "AMT_INSTALMENT": draw.amounts(),
        "AMT_PAYMENT": draw.amounts(),
    }


@pytest.fixture(scope="session")
def history() -> Mapping[str, pl.DataFrame]:
    """The six tables, by name."""
    makers = {
        "bureau": _bureau,
        "bureau_balance": _bureau_balance,
        "previous_application": _previous_application,
        "POS_CASH_balance": _pos_cash_balance,
        "credit_card_balance": _credit_card_balance,
        "installments_payments": _installments_payments,
    }
    return {name: pl.DataFrame(make(_Draws(600, seed))) for seed, (name, make) in enumerate(makers.items())}


@pytest.fixture(scope="session")
def clients() -> pl.Series:
    return CLIENTS


@pytest.fixture(scope="session")
def notebook() -> ModuleType:
    """The same features in pandas."""
    path = Path(__file__).parents[3] / "bench" / "history_pandas.py"
    spec = importlib.util.spec_from_file_location("history_pandas", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
