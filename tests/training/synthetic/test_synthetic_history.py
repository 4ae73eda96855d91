"""The history tables as a whole: how many rows, which have balances, how months follow each other."""

from __future__ import annotations

import polars as pl
import pytest

from training.synthetic.profile import profile
from training.synthetic.tolerances import LATE_PAYMENTS, LINKAGE, NO_ROWS, ROWS_PER_CLIENT, TRANSITION

COUNTED = ("bureau", "previous_application", "POS_CASH_balance", "credit_card_balance")
Lender = dict[str, pl.DataFrame]


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("table", COUNTED)
def test_clients_have_as_many_rows(lender: Lender, table: str, split: str) -> None:
    clients = lender[f"application_{split}"].select("SK_ID_CURR")
    counts = clients.join(lender[table].group_by("SK_ID_CURR").len(), on="SK_ID_CURR", how="left")["len"].fill_null(0)
    published = profile()["counts"][split][f"{table}_rows_per_client"]
    assert counts.mean() == pytest.approx(published["mean"], rel=ROWS_PER_CLIENT)
    assert (counts == 0).mean() == pytest.approx(published["zero"], abs=NO_ROWS * (2 if split == "test" else 1))


def test_clients_make_as_many_payments(lender: Lender) -> None:
    clients = len(lender["application_train"]) + len(lender["application_test"])
    shown = len(lender["installments_payments"]) / clients
    assert shown == pytest.approx(profile()["installments_rows_per_client"], rel=ROWS_PER_CLIENT)


@pytest.mark.parametrize("split", ["train", "test"])
def test_credits_have_balances_as_published(lender: Lender, split: str) -> None:
    elsewhere = lender["bureau"].join(lender[f"application_{split}"], on="SK_ID_CURR", how="semi")["SK_ID_BUREAU"]
    shown = elsewhere.is_in(lender["bureau_balance"]["SK_ID_BUREAU"].unique().implode()).mean()
    assert shown == pytest.approx(profile()["linkage"][f"bureau_credits_with_balance_{split}"], abs=LINKAGE)


@pytest.mark.parametrize(("table", "code"), [("POS_CASH_balance", "pos"), ("credit_card_balance", "cc")])
def test_loans_have_balances_as_published(lender: Lender, table: str, code: str) -> None:
    loans, balanced = lender["previous_application"]["SK_ID_PREV"], lender[table]["SK_ID_PREV"].unique()
    linkage = profile()["linkage"]
    assert loans.is_in(balanced.implode()).mean() == pytest.approx(linkage[f"prev_with_{code}_share"], abs=LINKAGE)
    listed = balanced.is_in(loans.implode()).mean()
    assert listed == pytest.approx(linkage[f"{code}_prev_in_previous_application"], abs=LINKAGE)


@pytest.mark.parametrize("before", ["0", "C", "X"])
def test_statuses_follow_each_other(lender: Lender, before: str) -> None:
    months = lender["bureau_balance"].sort("SK_ID_BUREAU", "MONTHS_BALANCE")
    after = months.with_columns(after=pl.col("STATUS").shift(-1).over("SK_ID_BUREAU")).drop_nulls()
    shown = dict(after.filter(pl.col("STATUS") == before)["after"].value_counts(normalize=True).iter_rows())
    for status, share in profile()["structure"]["bureau_balance_status_monthly_transition"][before].items():
        assert shown.get(status, 0.0) == pytest.approx(share, abs=TRANSITION), status


def test_payments_are_late_as_published(lender: Lender) -> None:
    frame = lender["installments_payments"].drop_nulls()
    late = frame["DAYS_ENTRY_PAYMENT"] - frame["DAYS_INSTALMENT"]
    published = profile()["structure"]["installments_lateness_days"]
    assert (late > 0).mean() == pytest.approx(published["share_late"], abs=LATE_PAYMENTS)
    assert (late > 30).mean() == pytest.approx(published["share_late_over_30"], abs=LATE_PAYMENTS / 5)


def test_payments_are_short_as_published(lender: Lender) -> None:
    frame = lender["installments_payments"].drop_nulls()
    short = (frame["AMT_INSTALMENT"] - frame["AMT_PAYMENT"]).round(2)
    published = profile()["structure"]["installments_underpayment"]
    assert (short > 0).mean() == pytest.approx(published["share_under"], abs=LATE_PAYMENTS)
    assert (short == 0).mean() == pytest.approx(published["share_exact"], abs=LATE_PAYMENTS)
