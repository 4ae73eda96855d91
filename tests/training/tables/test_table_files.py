"""Files that are empty, cut, or not what their name says."""

import gzip
import os
import zipfile

import pytest
from polars.testing import assert_frame_equal

from training.products.home_credit import PRODUCT
from training.tables import check, read


def test_empty_file_is_an_error(folder):
    folder.file("bureau_balance").write_bytes(b"")
    assert (folder.problem().severity, folder.problem().found) == ("error", "an empty file")


@pytest.mark.parametrize("table", ["application_train", "bureau_balance"])
def test_header_alone_is_an_error(folder, table):
    folder.put(table, folder.good(table).clear())
    assert "rows of data" in {problem.expected for problem in check(folder.path, PRODUCT).errors}


@pytest.mark.parametrize("share", [0.2, 0.9, 0.999])
def test_cut_parquet_is_an_error(parquet, share):
    file = parquet.file("bureau")
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    problem = next(iter(check(parquet.path, PRODUCT).errors))
    assert (problem.file, problem.expected) == ("bureau.parquet", "a whole Parquet file")


def test_damaged_parquet_is_an_error(parquet):
    file = parquet.file("bureau_balance")
    content = file.read_bytes()
    file.write_bytes(content[:4] + bytes(60) + content[64:])
    assert (parquet.problem().severity, parquet.problem().expected) == ("error", "a whole file")


@pytest.mark.parametrize(
    ("end", "found"),
    [
        ("25,", "2 fields"),
        ("25", "1 field"),
        ('25,-1,"C', "a quote that is not closed in its line"),
        ("25,-1,C,7", "4 fields"),
    ],
)
def test_broken_last_line_is_an_error(csv, end, found):
    file = csv.file("bureau_balance")
    file.write_text(file.read_text() + end)
    problem = csv.problem()
    assert (problem.severity, problem.row, problem.line) == ("error", 4, 5)
    assert (problem.expected, problem.found) == ("3 fields in each line", found)


@pytest.mark.parametrize(
    ("line", "found"), [("", "an empty line"), ('23,-1,"C\nC"', "a quote that is not closed in its line")]
)
def test_line_that_is_no_row_is_an_error(csv, line, found):
    header, *rows = csv.file("bureau_balance").read_text().splitlines()
    csv.file("bureau_balance").write_text("\n".join([header, line, *rows, ""]))
    assert (csv.problem().line, csv.problem().found) == (2, found)


def test_other_encoding_is_an_error(csv):
    csv.file("bureau_balance").write_bytes(csv.file("bureau_balance").read_bytes() + b"23,-1,\xe9\n")
    assert (csv.problem().line, csv.problem().found) == (5, "bytes that are not UTF-8")


def test_header_in_other_encoding_is_an_error(csv):
    csv.file("bureau_balance").write_text("SK_ID_BUREAU,MONTHS_BALANCE,STATUS\n21,-1,C\n", encoding="utf-16")
    assert (csv.problem().severity, csv.problem().expected) == ("error", "column names in UTF-8")


def test_missing_line_break_at_end_is_a_warning(csv):
    csv.file("bureau_balance").write_text(csv.file("bureau_balance").read_text().rstrip("\n"))
    assert (csv.problem().severity, csv.problem().expected) == ("warning", "a line break at the end")


@pytest.mark.parametrize(("old", "new"), [("\n", "\r\n"), ("SK_ID_BUREAU", "\ufeffSK_ID_BUREAU"), (",0\n", ',"0"\n')])
def test_dialects_of_csv_are_read(csv, old, new):
    file = csv.file("bureau_balance")
    file.write_text(file.read_text().replace(old, new), newline="")
    assert check(csv.path, PRODUCT).problems == ()


def test_quoted_quotes_and_commas_are_read(csv):
    csv.change("application_train", NAME_TYPE_SUITE=['the "aunt", aged', "a,b", '"'])
    assert check(csv.path, PRODUCT).problems == ()


@pytest.mark.parametrize("blank", ["", '""', "NaN", "nan"])
def test_blanks_are_missing(csv, blank):
    file = csv.file("POS_CASH_balance")
    file.write_text(file.read_text().replace(",0.5,", f",{blank},"))
    assert check(csv.path, PRODUCT).problems == ()


def test_both_forms_are_an_error(csv):
    csv.good("bureau_balance").write_parquet(csv.path / "bureau_balance.parquet")
    assert csv.problem().found == "bureau_balance.csv and bureau_balance.parquet"


def test_parquet_named_csv_is_an_error(csv):
    csv.good("bureau_balance").write_parquet(csv.file("bureau_balance"))
    assert {problem.file for problem in check(csv.path, PRODUCT).errors} == {"bureau_balance.csv"}


def test_other_separator_is_one_error(csv):
    csv.good("bureau").write_csv(csv.file("bureau"), separator=";")
    assert csv.problem().expected == "the columns of bureau, separated by commas"
    assert csv.problem().found.startswith("others: SK_ID_CURR;SK_ID_BUREAU;")


def test_other_table_is_one_error(parquet):
    parquet.put("bureau", parquet.good("installments_payments").drop("SK_ID_CURR"))
    assert parquet.problem().expected == "the columns of bureau"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_forbidden_file_is_an_error(folder):
    folder.file("bureau_balance").chmod(0)
    assert folder.problem().expected == "a file that may be read"


def test_file_in_place_of_folder_is_an_error(folder):
    (problem,) = check(folder.file("bureau"), PRODUCT).problems
    assert (problem.expected, problem.found) == ("a folder with the raw tables", "a file")


def test_folder_in_place_of_file_is_an_error(folder):
    folder.file("bureau_balance").unlink()
    folder.file("bureau_balance").mkdir()
    assert (folder.problem().expected, folder.problem().found) == ("a file", "a folder")


def packed(folder, table, suffix, content=None):
    """A table's file compressed, in place of the plain one."""
    plain = folder.file(table)
    content = plain.read_bytes() if content is None else content
    file = plain.with_name(plain.name + suffix)
    if suffix == ".gz":
        file.write_bytes(gzip.compress(content))
    else:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("__MACOSX/._bureau.csv", "of a Mac")
            archive.writestr(plain.name, content)
    plain.unlink()
    return file


@pytest.mark.parametrize("suffix", [".gz", ".zip"])
@pytest.mark.parametrize("table", ["application_train", "bureau"])
def test_compressed_files_are_read(csv, table, suffix):
    fingerprint = read(csv.path, PRODUCT).fingerprint
    packed(csv, table, suffix)
    tables = read(csv.path, PRODUCT)
    assert (tables.warnings, tables.fingerprint) == ((), fingerprint)
    assert_frame_equal(tables.train, csv.good("application_train"))
    assert_frame_equal(tables.history["bureau"].collect(), csv.good("bureau"))


def test_compressed_file_is_named_where_it_is_wrong(csv):
    packed(csv, "bureau_balance", ".gz", csv.file("bureau_balance").read_bytes() + b"25,-1\n")
    assert (csv.problem().file, csv.problem().line, csv.problem().found) == ("bureau_balance.csv.gz", 5, "2 fields")


@pytest.mark.parametrize("suffix", [".gz", ".zip"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_cut_compressed_file_is_an_error(csv, suffix, share):
    file = packed(csv, "bureau_balance", suffix)
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    problem = csv.problem()
    assert (problem.severity, problem.file) == ("error", f"bureau_balance.csv{suffix}")
    assert problem.expected == f"a whole {suffix[1:]} file"


def test_zip_of_several_files_is_an_error(csv):
    file = csv.file("bureau_balance").with_name("bureau_balance.csv.zip")
    csv.file("bureau_balance").unlink()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("a.csv", "b.csv"):
            archive.writestr(name, "x")
    assert (csv.problem().expected, csv.problem().found) == ("one file in it", "2: a.csv, b.csv")


def test_one_table_plain_and_compressed_is_an_error(csv):
    file = csv.file("bureau")
    file.with_name("bureau.csv.gz").write_bytes(gzip.compress(file.read_bytes()))
    assert (csv.problem().expected, csv.problem().found) == ("one file", "bureau.csv and bureau.csv.gz")


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("POS_CASH_balance", "POS_CASH_BALANCE.csv"),
        ("credit_card_balance", "credit_card_balance.CSV"),
        ("installments_payments", "installment_payments.csv"),
        ("bureau", "bureau (1).csv"),
        ("previous_application", "previous_application.csv.xz"),
    ],
)
def test_name_that_is_nearly_right_is_a_warning(csv, table, name):
    csv.file(table).rename(csv.path / name)
    problem = next(problem for problem in check(csv.path, PRODUCT).problems if problem.file == name)
    assert problem.severity == "warning"
    assert problem.expected.startswith(f"{table} and one of .csv, ")


def test_names_of_other_tables_are_no_slips(csv):
    csv.file("bureau").unlink()
    (csv.path / "notes.csv").write_text("mine")
    assert {problem.file for problem in check(csv.path, PRODUCT).warnings} <= {"bureau_balance.csv"}
