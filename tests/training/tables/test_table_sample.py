"""The tables as they were published, where a sample of them is at hand."""

import os
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from training.products.home_credit import PRODUCT
from training.tables import check, read

FOLDER = os.environ.get("CREDENCE_TEST_DATA")
pytestmark = pytest.mark.skipif(not FOLDER, reason="CREDENCE_TEST_DATA names no folder with the published tables")


@pytest.fixture(scope="module")
def report():
    return check(Path(FOLDER), PRODUCT)


@pytest.fixture(scope="module")
def tables():
    return read(Path(FOLDER), PRODUCT)


def test_sample_has_no_errors(report):
    assert report.errors == ()


def test_sample_warns_of_orphans_alone(report):
    assert {(problem.file.split(".")[0], problem.column) for problem in report.warnings} == {
        ("POS_CASH_balance", "SK_ID_PREV"),
        ("credit_card_balance", "SK_ID_PREV"),
    }


def test_sample_names_what_is_absent(report):
    assert report.absent == ("installments_payments",)


def test_catalog_has_the_published_types(tables):
    kinds = {pl.Int64: "integer", pl.Float64: "real", pl.String: "text"}
    for file in Path(FOLDER).glob("*.parquet"):
        stored = pl.read_parquet_schema(file)
        assert [(c.name, c.kind) for c in PRODUCT.tables[file.stem].columns] == [
            (n, kinds[type(t)]) for n, t in stored.items()
        ]


def test_csv_gives_the_same_frames(tables, tmp_path):
    for file in Path(FOLDER).glob("*.parquet"):
        pl.read_parquet(file).write_csv(tmp_path / f"{file.stem}.csv")
    again = read(tmp_path, PRODUCT)
    assert_frame_equal(again.train, tables.train, check_exact=True)
    assert_frame_equal(again.test, tables.test, check_exact=True)
    for name, frame in tables.history.items():
        assert_frame_equal(again.history[name].collect(), frame.collect(), check_exact=True)
