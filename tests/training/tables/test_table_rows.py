"""Rows that are there twice, that say nothing, or something that cannot be."""

import pytest

from training.products.home_credit import PRODUCT
from training.tables import check, read


@pytest.mark.parametrize("table", ["application_train", "application_test"])
def test_client_twice_is_an_error(folder, table):
    ids = folder.good(table)["SK_ID_CURR"].to_list()
    folder.change(table, SK_ID_CURR=[ids[0], ids[1], ids[0]])
    (problem,) = check(folder.path, PRODUCT).errors
    assert (problem.column, problem.row, problem.expected) == ("SK_ID_CURR", 3, "each value once")
    assert problem.found == f"{ids[0]} again, first in row 1"


@pytest.mark.parametrize(("table", "key"), [("bureau", "SK_ID_BUREAU"), ("previous_application", "SK_ID_PREV")])
def test_loan_twice_is_an_error(folder, table, key):
    folder.change(table, **{key: [folder.good(table)[key][0]] * 3})
    (problem,) = check(folder.path, PRODUCT).errors
    assert (problem.column, problem.row) == (key, 2)
    assert problem.found.endswith("first in row 1, and 1 more row")


@pytest.mark.parametrize("outcome", [2, -1])
def test_outcome_is_zero_or_one(folder, outcome):
    folder.change("application_train", TARGET=[0, 1, outcome])
    problem = folder.problem()
    assert (problem.severity, problem.column, problem.row) == ("error", "TARGET", 3)
    assert (problem.expected, problem.found) == ("one of 0, 1", str(outcome))


def test_outcome_may_be_written_as_real(folder):
    folder.change("application_train", TARGET=[0.0, 1.0, 0.0])
    assert read(folder.path, PRODUCT).train["TARGET"].to_list() == [0, 1, 0]


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("application_train", "TARGET"),
        ("application_test", "SK_ID_CURR"),
        ("bureau", "SK_ID_BUREAU"),
        ("bureau_balance", "SK_ID_BUREAU"),
    ],
)
def test_missing_key_or_outcome_is_an_error(folder, table, column):
    folder.change(table, **{column: [None, *folder.good(table)[column].to_list()[1:]]})
    problem = folder.problem()
    assert (problem.severity, problem.column, problem.row, problem.found) == ("error", column, 1, "nothing")


def test_value_missing_for_once_is_a_warning(folder):
    folder.change("application_train", AMT_CREDIT=[1.0, None, None])
    problem = folder.problem()
    assert (problem.severity, problem.row) == ("warning", 2)
    assert (problem.expected, problem.found) == ("a value in every row", "nothing, and 1 more row")


def test_nan_for_an_integer_is_missing(csv):
    csv.change("application_train", CNT_CHILDREN=["1", "NaN", "2"])
    assert (csv.problem().severity, csv.problem().expected) == ("warning", "a value in every row")


def test_unknown_level_is_a_warning(folder):
    folder.change("bureau_balance", STATUS=["0", "C", "9"])
    problem = folder.problem()
    assert (problem.severity, problem.column, problem.row, problem.found) == ("warning", "STATUS", 3, "9")


def test_open_categories_take_any_level(folder):
    folder.change("application_train", ORGANIZATION_TYPE=["XNA", "Beekeeping", "a"])
    assert check(folder.path, PRODUCT).problems == ()


def test_line_is_named_for_csv_only(folder):
    folder.change("application_train", TARGET=[0, 1, 2])
    assert folder.problem().line == (4 if folder.form == ".csv" else None)
