"""Rows of a client or a loan that is in no file."""

import pytest

from training.products.home_credit import PRODUCT
from training.tables import check, read

CHILDREN = [
    ("bureau", "SK_ID_CURR", "a value of application_train or application_test"),
    ("bureau_balance", "SK_ID_BUREAU", "a value of bureau"),
    ("previous_application", "SK_ID_CURR", "a value of application_train or application_test"),
    ("POS_CASH_balance", "SK_ID_CURR", "a value of application_train or application_test"),
    ("POS_CASH_balance", "SK_ID_PREV", "a value of previous_application"),
    ("credit_card_balance", "SK_ID_PREV", "a value of previous_application"),
    ("installments_payments", "SK_ID_PREV", "a value of previous_application"),
]


@pytest.mark.parametrize(("table", "column", "expected"), CHILDREN)
def test_orphan_is_a_warning(folder, table, column, expected):
    ids = folder.good(table)[column].to_list()
    folder.change(table, **{column: [ids[0], 99, ids[2]]})
    problem = folder.problem()
    assert (problem.severity, problem.column, problem.row, problem.expected) == ("warning", column, 2, expected)
    assert problem.found == "99 (33.3% of all)"


def test_orphans_are_counted(folder):
    folder.change("bureau", SK_ID_CURR=[1, 98, 99])
    assert folder.problem().found == "98, and 1 more row (66.7% of all)"


def test_nothing_but_orphans_is_an_error(folder):
    folder.change("bureau", SK_ID_CURR=[97, 98, 99])
    assert folder.problem().severity == "error"


def test_clients_of_a_test_file_left_out(folder):
    folder.file("application_test").unlink()
    problems = check(folder.path, PRODUCT).problems
    assert {problem.file.split(".")[0] for problem in problems} == {
        "bureau",
        "previous_application",
        "POS_CASH_balance",
        "credit_card_balance",
        "installments_payments",
    }
    assert {problem.severity for problem in problems} == {"warning"}


def test_child_without_parent_file_is_a_warning(folder):
    folder.file("bureau").unlink()
    problem = folder.problem()
    assert (problem.severity, problem.found) == ("warning", "no such file: no row reaches a client")


def test_unreadable_parent_is_not_absent(folder):
    folder.file("bureau").write_bytes(b"")
    assert folder.problem().found == "an empty file"


def test_broken_parent_is_not_asked(folder):
    folder.put("bureau", folder.good("bureau").drop("SK_ID_BUREAU"))
    assert folder.problem().column == "SK_ID_BUREAU"


def test_orphans_are_read_all_the_same(folder):
    folder.change("bureau", SK_ID_CURR=[1, 98, 99])
    assert read(folder.path, PRODUCT).history["bureau"].collect().height == 3
