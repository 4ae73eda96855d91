"""Columns that state the same fact agree, in every row."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars import col

from training.products.home_credit import PRODUCT
from training.synthetic.profile import profile
from training.synthetic.tolerances import BUILDING_GAPS
from training.tables import check

Lender = dict[str, pl.DataFrame]
IDLE = col("NAME_INCOME_TYPE").is_in(["Pensioner", "Unemployed"])
COUPLE = col("NAME_FAMILY_STATUS").is_in(["Married", "Civil marriage"])
REVOLVING = col("NAME_CONTRACT_TYPE") == "Revolving loans"
APPROVED = col("NAME_CONTRACT_STATUS") == "Approved"
CLOSED = col("CREDIT_ACTIVE") != "Active"
NO_DATE = 365243

ALWAYS = [
    ("application_train", (col("DAYS_EMPLOYED") == NO_DATE) == IDLE),
    ("application_train", (col("ORGANIZATION_TYPE") == "XNA") == IDLE),
    ("application_train", (col("FLAG_EMP_PHONE") == 0) == IDLE),
    ("application_train", IDLE.not_() | col("OCCUPATION_TYPE").is_null()),
    ("application_train", IDLE | (col("DAYS_EMPLOYED") < 0)),
    ("application_train", IDLE | (col("DAYS_EMPLOYED") > col("DAYS_BIRTH"))),
    ("application_train", (col("FLAG_OWN_CAR") == "Y") == col("OWN_CAR_AGE").is_not_null()),
    ("application_train", col("CNT_FAM_MEMBERS") == col("CNT_CHILDREN") + pl.when(COUPLE).then(2).otherwise(1)),
    ("application_train", col("AMT_CREDIT") >= col("AMT_GOODS_PRICE")),
    ("application_train", col("AMT_ANNUITY") < col("AMT_CREDIT") / 7),
    ("application_train", REVOLVING.not_() | ((col("AMT_ANNUITY") - col("AMT_CREDIT") / 20).abs() < 1)),
    ("application_train", col("DEF_30_CNT_SOCIAL_CIRCLE") <= col("OBS_30_CNT_SOCIAL_CIRCLE")),
    ("application_train", col("OBS_60_CNT_SOCIAL_CIRCLE") <= col("OBS_30_CNT_SOCIAL_CIRCLE")),
    ("bureau", col("DAYS_ENDDATE_FACT").is_not_null() == CLOSED),
    ("bureau", col("DAYS_ENDDATE_FACT") >= col("DAYS_CREDIT")),
    ("bureau", col("DAYS_CREDIT_ENDDATE") >= col("DAYS_CREDIT")),
    ("bureau", col("DAYS_CREDIT_UPDATE") >= col("DAYS_ENDDATE_FACT")),
    ("bureau", col("AMT_CREDIT_SUM_DEBT") <= col("AMT_CREDIT_SUM")),
    ("bureau", CLOSED.not_() | (col("AMT_CREDIT_SUM_DEBT") == 0)),
    ("previous_application", APPROVED | col("DAYS_FIRST_DUE").is_null()),
    ("previous_application", col("DAYS_FIRST_DUE") >= col("DAYS_DECISION")),
    ("previous_application", col("DAYS_LAST_DUE") >= col("DAYS_FIRST_DUE")),
    ("previous_application", APPROVED.not_() | (col("CODE_REJECT_REASON") == "XAP")),
    ("previous_application", (col("CNT_PAYMENT") == 0) == REVOLVING),
    ("POS_CASH_balance", col("CNT_INSTALMENT_FUTURE") <= col("CNT_INSTALMENT")),
    ("POS_CASH_balance", col("SK_DPD_DEF") <= col("SK_DPD")),
    ("credit_card_balance", col("AMT_BALANCE") <= 1.1 * col("AMT_CREDIT_LIMIT_ACTUAL") + 1),
    ("installments_payments", col("DAYS_ENTRY_PAYMENT") < 0),
    ("installments_payments", col("AMT_PAYMENT") >= 0),
]


@pytest.mark.parametrize(("table", "rule"), ALWAYS, ids=str)
def test_rows_do_not_contradict_themselves(lender: Lender, table: str, rule: pl.Expr) -> None:
    # A rule about a missing value says nothing.
    assert lender[table].select(rule.all(ignore_nulls=True)).item()


def test_bureau_requests_are_known_together(lender: Lender) -> None:
    missing = lender["application_train"].select(col("^AMT_REQ_CREDIT_BUREAU_.*$").is_null())
    assert missing.unique().height == 2


def test_identifiers_occur_once(lender: Lender) -> None:
    for table, key in (("bureau", "SK_ID_BUREAU"), ("previous_application", "SK_ID_PREV")):
        assert lender[table][key].is_unique().all()
    both = pl.concat([lender["application_train"]["SK_ID_CURR"], lender["application_test"]["SK_ID_CURR"]])
    assert both.is_unique().all()


def test_balances_belong_to_one_client(lender: Lender) -> None:
    owners = lender["previous_application"].select("SK_ID_PREV", owner="SK_ID_CURR")
    for table in ("POS_CASH_balance", "credit_card_balance", "installments_payments"):
        joined = lender[table].join(owners, on="SK_ID_PREV")
        assert (joined["owner"] == joined["SK_ID_CURR"]).all()


def test_payments_belong_to_approved_loans(lender: Lender) -> None:
    loans = lender["previous_application"].join(lender["installments_payments"], on="SK_ID_PREV", how="semi")
    assert loans.select(APPROVED.all()).item()


@pytest.mark.parametrize("table", ["POS_CASH_balance", "credit_card_balance", "bureau_balance"])
def test_months_occur_once(lender: Lender, table: str) -> None:
    key = "SK_ID_BUREAU" if table == "bureau_balance" else "SK_ID_PREV"
    assert lender[table].select(pl.struct(key, "MONTHS_BALANCE").is_unique().all()).item()


def test_sizes_of_a_building_agree(lender: Lender) -> None:
    area = lender["application_train"].select(pl.corr("LIVINGAREA_AVG", "LIVINGAREA_MEDI", method="spearman")).item()
    assert area > 0.97


def test_buildings_are_known_together(lender: Lender) -> None:
    gaps = lender["application_train"].select(col("^.*_(AVG|MODE|MEDI)$").is_null())
    missing = gaps.select(pl.sum_horizontal(pl.all())).to_series()
    published = profile()["buildings"]
    assert (missing == gaps.width).mean() == pytest.approx(published["share_all_missing"], abs=BUILDING_GAPS)
    assert (missing == 0).mean() == pytest.approx(published["share_none_missing"], abs=BUILDING_GAPS)


def test_the_reader_finds_no_error(folder: Path) -> None:
    assert check(folder, PRODUCT).errors == ()
