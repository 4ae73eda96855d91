import msgspec
import pytest

from training.products.home_credit import PRODUCT
from training.tables import DataError, Problem, check


def _problem(number, severity="error"):
    return Problem(severity, f"{number}.csv", "a cat", "a dog")


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ({}, "error: a.csv: expected a cat, found a dog"),
        ({"column": "PET"}, "error: a.csv, column PET: expected a cat, found a dog"),
        ({"column": "PET", "row": 3}, "error: a.csv, column PET, row 3: expected a cat, found a dog"),
        ({"row": 3, "line": 4}, "error: a.csv, row 3 (line 4): expected a cat, found a dog"),
    ],
)
def test_problem_says_where(place, text):
    assert str(Problem("error", "a.csv", "a cat", "a dog", **place)) == text


def test_errors_come_before_warnings():
    error = DataError([_problem(1, "warning"), _problem(2), _problem(3, "warning"), _problem(4)])
    assert [problem.file for problem in error.problems] == ["2.csv", "4.csv", "1.csv", "3.csv"]


def test_long_lists_are_cut():
    lines = str(DataError(_problem(number) for number in range(25))).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "and 5 more"


def test_report_counts_rows_and_columns(folder):
    files = {file.table: (file.file, file.rows, file.columns) for file in check(folder.path, PRODUCT).files}
    assert files["application_test"] == (folder.file("application_test").name, 3, 121)
    assert len(files) == 8


def test_report_is_json(folder):
    folder.file("installments_payments").unlink()
    folder.put("bureau", folder.good("bureau").drop("CREDIT_TYPE"))
    report = msgspec.json.decode(msgspec.json.encode(check(folder.path, PRODUCT)))
    assert report["absent"] == ["installments_payments"]
    assert report["problems"][0]["column"] == "CREDIT_TYPE"


def test_progress_names_each_file(folder):
    said = []
    check(folder.path, PRODUCT, said.append)
    assert "checking bureau.csv" in said or "checking bureau.parquet" in said
