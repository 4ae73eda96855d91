"""Columns that are missing, that nobody knows, that hold another type."""

from datetime import date

import polars as pl
import pytest

from training.products.home_credit import PRODUCT
from training.tables import DataError, check, read


def test_good_folder_has_no_problems(folder):
    assert check(folder.path, PRODUCT).problems == ()


@pytest.mark.parametrize("column", ["SK_ID_CURR", "TARGET", "AMT_CREDIT"])
def test_missing_column_is_an_error(folder, column):
    folder.put("application_train", folder.good("application_train").drop(column))
    problem = next(problem for problem in check(folder.path, PRODUCT).errors if problem.column == column)
    assert (problem.file, problem.found) == (folder.file("application_train").name, "no such column")


def test_missing_history_column_is_an_error(folder):
    folder.put("bureau_balance", folder.good("bureau_balance").drop("STATUS"))
    assert str(folder.problem()).endswith("column STATUS: expected text under this name, found no such column")


def test_extra_column_is_a_warning(folder):
    folder.put("bureau", folder.good("bureau").with_columns(COLOUR=pl.lit("red")))
    problem = folder.problem()
    assert (problem.severity, problem.column) == ("warning", "COLOUR")
    assert "COLOUR" not in read(folder.path, PRODUCT).history["bureau"].collect_schema()


def test_outcome_in_test_is_extra(folder):
    folder.put("application_test", folder.good("application_test").with_columns(TARGET=0))
    assert (folder.problem().severity, folder.problem().column) == ("warning", "TARGET")


def test_same_column_twice_is_an_error(csv):
    file = csv.file("bureau_balance")
    file.write_text(file.read_text().replace("MONTHS_BALANCE", "STATUS", 1))
    assert (csv.problem().severity, csv.problem().column) == ("error", "STATUS")


def test_order_of_columns_is_free(folder):
    bureau = folder.good("bureau")
    folder.put("bureau", bureau.select(reversed(bureau.columns)))
    assert read(folder.path, PRODUCT).history["bureau"].collect_schema().names() == bureau.columns


@pytest.mark.parametrize(
    ("column", "values", "expected", "found"),
    [
        ("CNT_CHILDREN", ["1", "many", "few"], "a whole number", "many, and 1 more row"),
        ("CNT_CHILDREN", ["1", "1.5", "2"], "a whole number", "1.5"),
        ("AMT_CREDIT", ["1", "lots", "2"], "a number", "lots"),
        ("AMT_CREDIT", ["1", "-inf", "2"], "a finite number, at most 3.4e38", "-inf"),
    ],
)
def test_wrong_type_in_csv_is_an_error(csv, column, values, expected, found):
    csv.change("application_train", **{column: values})
    problem = csv.problem()
    assert (problem.severity, problem.column, problem.row, problem.line) == ("error", column, 2, 3)
    assert (problem.expected, problem.found) == (expected, found)


@pytest.mark.parametrize(
    ("column", "values", "expected", "found"),
    [
        ("DAYS_BIRTH", [date(2000, 1, 1)] * 3, "a whole number", "type Date"),
        ("CODE_GENDER", [0, 1, 0], "text", "type Int64"),
        ("FLAG_OWN_CAR", [True, False, True], "text", "type Boolean"),
    ],
)
def test_wrong_type_in_parquet_is_an_error(parquet, column, values, expected, found):
    parquet.change("application_train", **{column: values})
    problem = parquet.problem()
    assert (problem.severity, problem.column, problem.row, problem.line) == ("error", column, 1, None)
    assert (problem.expected, problem.found) == (expected, found)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("CNT_CHILDREN", ["1", "2", "3"]),
        ("REG_CITY_NOT_LIVE_CITY", [True, False, True]),
        ("AMT_CREDIT", ["1", "2.5", "3"]),
    ],
)
def test_numbers_stored_otherwise_are_read(parquet, column, values):
    parquet.change("application_train", **{column: values})
    assert read(parquet.path, PRODUCT).train[column].to_list() == [float(value) for value in values]


@pytest.mark.parametrize("text", ["NA", "nan", "None", "NULL"])
def test_missing_written_as_a_category_is_missing_and_said(folder, text):
    folder.change("application_train", OCCUPATION_TYPE=[text, "a", "b"])
    problem = folder.problem()
    assert (problem.severity, problem.column, problem.row, problem.found) == ("warning", "OCCUPATION_TYPE", 1, text)
    assert read(folder.path, PRODUCT).train["OCCUPATION_TYPE"].to_list() == [None, "a", "b"]


@pytest.mark.parametrize("text", ["1.00E+05", "1e5"])
def test_client_that_a_spreadsheet_spoiled_is_an_error(csv, text):
    csv.change("application_train", SK_ID_CURR=[text, "2", "3"])
    assert (csv.problem().severity, csv.problem().expected, csv.problem().found) == ("error", "a whole number", text)


def test_fraction_in_an_integer_is_an_error(parquet):
    parquet.change("application_train", CNT_CHILDREN=[1.0, 2.0, 2.5])
    assert (parquet.problem().row, parquet.problem().found) == (3, "2.5")


def test_too_large_an_integer_is_an_error(parquet):
    large = pl.Series([1, 2**63, 2], dtype=pl.UInt64)
    parquet.put("application_train", parquet.good("application_train").with_columns(large.alias("CNT_CHILDREN")))
    assert (parquet.problem().row, parquet.problem().found) == (2, str(2**63))


@pytest.mark.parametrize("amount", [float("inf"), -float("inf"), 1e39])
def test_infinity_is_an_error(parquet, amount):
    parquet.change("application_train", AMT_CREDIT=[1.0, amount, 2.0])
    assert (parquet.problem().row, parquet.problem().expected) == (2, "a finite number, at most 3.4e38")


@pytest.mark.parametrize("dtype", [pl.Int8, pl.UInt32, pl.Float64, pl.Float32])
def test_whole_numbers_fit_any_number_type(parquet, dtype):
    parquet.put("application_train", parquet.good("application_train").with_columns(pl.col("CNT_CHILDREN").cast(dtype)))
    assert read(parquet.path, PRODUCT).train["CNT_CHILDREN"].to_list() == [1, 1, 1]


def test_reading_stops_at_an_error(folder):
    folder.put("bureau", folder.good("bureau").drop("CREDIT_TYPE"))
    with pytest.raises(DataError, match=r"bureau\.\w+, column CREDIT_TYPE: expected text"):
        read(folder.path, PRODUCT)
