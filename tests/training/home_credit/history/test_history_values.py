"""Values that can be checked by hand."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import pytest

from training.features.histories import aggregate
from training.products.home_credit import PRODUCT

Tables = Mapping[str, pl.DataFrame]


def value(history: Tables, name: str, table: str, **columns: list[object]) -> float | None:
    """A feature of a client whose rows have these columns, the other columns being empty."""
    template = history[table]
    rows = len(next(iter(columns.values())))
    blank = {column: [None] * rows for column in template.columns}
    key = {"SK_ID_CURR": [1] * rows, **{column: range(rows) for column in ("SK_ID_PREV", "SK_ID_BUREAU")}}
    known = {column: cells for column, cells in {**key, **columns}.items() if column in blank}
    frame = pl.DataFrame({**blank, **known}, schema=template.schema)
    return aggregate(PRODUCT, {table: frame.lazy()}, pl.Series("SK_ID_CURR", [1]))[name].item()


BUREAU = [
    ("bureau_active_debt_sum", {"CREDIT_ACTIVE": ["Active", "Closed"], "AMT_CREDIT_SUM_DEBT": [10.5, 99.0]}, 10.5),
    ("bureau_count_1y", {"DAYS_CREDIT": [-365, -366]}, 1),
    ("bureau_opened_interval", {"DAYS_CREDIT": [-100, -300, -200]}, 100),
    ("bureau_opened_interval", {"DAYS_CREDIT": [-100]}, None),
    ("bureau_active_due_last", {"CREDIT_ACTIVE": ["Active"] * 2, "DAYS_CREDIT_ENDDATE": [50.0, 365243.0]}, 50),
    ("bureau_credit_mean_last3", {"DAYS_CREDIT": [-4, -3, -2, -1], "AMT_CREDIT_SUM": [99.0, 1.0, 2.0, 6.0]}, 3),
    (
        "bureau_credit_mean_last3",
        {"SK_ID_BUREAU": [2**36, 1, 2, 3], "DAYS_CREDIT": [-4, -3, -2, -1], "AMT_CREDIT_SUM": [99.0, 1.0, 2.0, 6.0]},
        3,
    ),
    ("bureau_active_debt_to_credit", {"AMT_CREDIT_SUM": [5.0], "AMT_CREDIT_SUM_DEBT": [5.0]}, None),
    ("bureau_worst_overdue_share", {"AMT_CREDIT_MAX_OVERDUE": [0.0, 7.0, None]}, 0.5),
]


@pytest.mark.parametrize(("name", "columns", "expected"), BUREAU)
def test_bureau(history: Tables, name: str, columns: dict[str, list[object]], expected: float | None):
    assert value(history, name, "bureau", **columns) == expected


PREVIOUS = [
    ("previous_refused_share", {"NAME_CONTRACT_STATUS": ["Refused", "Approved", "Canceled", "Refused"]}, 0.5),
    ("previous_refused_share_1y", {"NAME_CONTRACT_STATUS": ["Refused"], "DAYS_DECISION": [-400]}, None),
    ("previous_ended_last", {"DAYS_TERMINATION": [-30.0, 365243.0]}, -30),
    ("previous_interest_mean", {"AMT_CREDIT": [100.0], "AMT_ANNUITY": [12.0], "CNT_PAYMENT": [10.0]}, 0.2),
    ("previous_interest_mean", {"AMT_CREDIT": [100.0], "AMT_ANNUITY": [12.0], "CNT_PAYMENT": [0.0]}, None),
    ("previous_granted_mean", {"AMT_CREDIT": [100.0, 150.0], "AMT_APPLICATION": [0.0, 100.0]}, 1.5),
]


@pytest.mark.parametrize(("name", "columns", "expected"), PREVIOUS)
def test_previous_applications(history: Tables, name: str, columns: dict[str, list[object]], expected: float | None):
    assert value(history, name, "previous_application", **columns) == pytest.approx(expected)


POS = [
    ("pos_dpd_max_12m", {"MONTHS_BALANCE": [-12, -13], "SK_DPD": [4, 9]}, 4),
    ("pos_late_share", {"MONTHS_BALANCE": [-1, -2, -3, -4], "SK_DPD": [0, 0, 1, 0]}, 0.25),
    ("pos_late_share_change_12m", {"MONTHS_BALANCE": [-1, -20, -21], "SK_DPD": [1, 1, 0]}, 0.5),
    ("pos_late_last", {"MONTHS_BALANCE": [-1, -20], "SK_DPD": [0, 1]}, -20),
]


@pytest.mark.parametrize(("name", "columns", "expected"), POS)
def test_instalment_loans(history: Tables, name: str, columns: dict[str, list[object]], expected: float | None):
    assert value(history, name, "POS_CASH_balance", **columns) == expected


CARD = [
    ("card_utilisation_mean", {"AMT_BALANCE": [50.0, 7.0], "AMT_CREDIT_LIMIT_ACTUAL": [100, 0]}, 0.5),
    ("card_balance_slope_12m", {"AMT_BALANCE": [30.0, 20.0, 10.0], "MONTHS_BALANCE": [-1, -2, -3]}, 10),
    ("card_balance_slope_12m", {"AMT_BALANCE": [30.0], "MONTHS_BALANCE": [-1]}, None),
    ("card_below_minimum_share", {"AMT_PAYMENT_TOTAL_CURRENT": [1.0, 3.0], "AMT_INST_MIN_REGULARITY": [2.0, 2.0]}, 0.5),
]


@pytest.mark.parametrize(("name", "columns", "expected"), CARD)
def test_cards(history: Tables, name: str, columns: dict[str, list[object]], expected: float | None):
    assert value(history, name, "credit_card_balance", **columns) == expected


PAYMENTS = [
    ("instalment_late_share", {"DAYS_INSTALMENT": [-10.0, -40.0], "DAYS_ENTRY_PAYMENT": [-5.0, -45.0]}, 0.5),
    ("instalment_dpd_mean", {"DAYS_INSTALMENT": [-10.0, -40.0], "DAYS_ENTRY_PAYMENT": [-5.0, -45.0]}, 2.5),
    ("instalment_early_mean", {"DAYS_INSTALMENT": [-10.0, -40.0], "DAYS_ENTRY_PAYMENT": [-5.0, -45.0]}, 2.5),
    ("instalment_dpd_max_90d", {"DAYS_INSTALMENT": [-90.0, -91.0], "DAYS_ENTRY_PAYMENT": [-80.0, -10.0]}, 10),
    ("instalment_dpd_max_365d", {"DAYS_INSTALMENT": [-90.0, -91.0], "DAYS_ENTRY_PAYMENT": [-80.0, -10.0]}, 81),
    ("instalment_paid_last", {"DAYS_ENTRY_PAYMENT": [-9.0, 365243.0]}, -9),
    ("instalment_short_share", {"AMT_INSTALMENT": [100.0, 100.0], "AMT_PAYMENT": [50.0, 120.0]}, 0.25),
]


@pytest.mark.parametrize(("name", "columns", "expected"), PAYMENTS)
def test_payments(history: Tables, name: str, columns: dict[str, list[object]], expected: float | None):
    assert value(history, name, "installments_payments", **columns) == expected


def test_sums_are_exact(history: Tables):
    amounts = [0.1, 0.2, 0.3, 0.3, 0.2, 0.1]  # in float64 the first three and the last three differ in their sum
    columns = {"AMT_BALANCE": amounts, "MONTHS_BALANCE": [-1, -2, -3, -11, -12, -13]}
    assert value(history, "card_balance_change_6m", "credit_card_balance", **columns) == 0


def test_months_at_the_bureau(history: Tables):
    months = pl.DataFrame({"SK_ID_BUREAU": [7] * 5, "MONTHS_BALANCE": [0, -1, -2, -3, -4], "STATUS": list("CX051")})
    loans = history["bureau"].head(1).with_columns(SK_ID_CURR=pl.lit(1, pl.Int64), SK_ID_BUREAU=pl.lit(7, pl.Int64))
    tables = {"bureau": loans.lazy(), "bureau_balance": months.lazy()}
    features = aggregate(PRODUCT, tables, pl.Series("SK_ID_CURR", [1])).row(0, named=True)
    assert features["bureau_balance_paying_count"] == 3
    assert features["bureau_balance_late_share"] == pytest.approx(2 / 3)
    assert features["bureau_balance_worst"] == 5
    assert features["bureau_balance_closed_share"] == pytest.approx(0.2)
