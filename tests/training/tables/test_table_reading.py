import polars as pl
import pytest
from polars.testing import assert_frame_equal

from training.products.home_credit import PRODUCT
from training.tables import DataError, read, read_applications

TABLES = PRODUCT.tables
HISTORY = tuple(table.name for table in PRODUCT.past)


def test_values_come_out_as_they_are(folder):
    tables = read(folder.path, PRODUCT)
    assert_frame_equal(tables.train, folder.good("application_train"))
    assert_frame_equal(tables.test, folder.good("application_test"))
    for name in HISTORY:
        assert_frame_equal(tables.history[name].collect(), folder.good(name))


def test_history_is_lazy(folder):
    assert all(isinstance(frame, pl.LazyFrame) for frame in read(folder.path, PRODUCT).history.values())


@pytest.mark.parametrize("missing", [("bureau_balance",), HISTORY, ("application_test", *HISTORY)])
def test_absent_tables_are_named(folder, missing):
    for name in missing:
        folder.file(name).unlink()
    tables = read(folder.path, PRODUCT)
    assert tables.absent == tuple(name for name in TABLES if name in missing)
    assert set(tables.history) == set(HISTORY) - set(missing)


def test_absent_test_file_is_none(folder):
    folder.file("application_test").unlink()
    assert read(folder.path, PRODUCT).test is None


def test_absent_train_file_is_an_error(folder):
    folder.file("application_train").rename(folder.path / "application_train.txt")
    with pytest.raises(DataError, match=r"expected application_train.csv or .* found application_test.*train\.txt"):
        read(folder.path, PRODUCT)


def test_absent_folder_is_an_error(tmp_path):
    with pytest.raises(DataError, match="expected a folder with the raw tables"):
        read(tmp_path / "nowhere", PRODUCT)


def test_anomalies_are_left_alone(folder):
    folder.change("application_train", DAYS_EMPLOYED=[365243, -1, -2], ORGANIZATION_TYPE=["XNA", "a", "b"])
    train = read(folder.path, PRODUCT).train
    assert (train["DAYS_EMPLOYED"][0], train["ORGANIZATION_TYPE"][0]) == (365243, "XNA")


def test_nan_and_empty_text_are_missing(parquet):
    parquet.change("application_train", AMT_ANNUITY=[float("nan"), 1.0, None], OCCUPATION_TYPE=["", "a", None])
    train = read(parquet.path, PRODUCT).train
    assert train.select("AMT_ANNUITY", "OCCUPATION_TYPE").rows() == [(None, None), (1.0, "a"), (None, None)]


def test_warnings_are_handed_on(folder):
    folder.change("bureau", SK_ID_CURR=[1, 98, 99])
    assert [problem.column for problem in read(folder.path, PRODUCT).warnings] == ["SK_ID_CURR"]


def test_fingerprint_follows_the_content(folder):
    before = read(folder.path, PRODUCT)
    assert read(folder.path, PRODUCT).fingerprint == before.fingerprint
    folder.change("bureau_balance", STATUS=["0", "C", "1"])
    after = read(folder.path, PRODUCT)
    assert after.fingerprint != before.fingerprint
    assert [name for name in TABLES if before.fingerprints[name] != after.fingerprints[name]] == ["bureau_balance"]


@pytest.mark.parametrize("left_out", [(), ("TARGET",), ("SK_ID_CURR",), ("SK_ID_CURR", "TARGET")])
def test_applications_need_no_client_or_outcome(folder, left_out):
    folder.put("application_train", folder.good("application_train").drop(left_out))
    assert_frame_equal(
        read_applications(folder.file("application_train"), PRODUCT), folder.good("application_train").drop(left_out)
    )


def test_applications_need_every_field(folder):
    folder.put("application_train", folder.good("application_train").drop("AMT_CREDIT"))
    with pytest.raises(DataError, match="column AMT_CREDIT: expected a number under this name"):
        read_applications(folder.file("application_train"), PRODUCT)


@pytest.mark.parametrize(("name", "found"), [("new.xlsx", "'.xlsx'"), ("new.csv", "nothing")])
def test_applications_need_a_readable_file(tmp_path, name, found):
    with pytest.raises(DataError, match=found):
        read_applications(tmp_path / name, PRODUCT)


def test_folder_may_have_characters_of_patterns_and_addresses(folder):
    """A path is a path: polars would read `[ab]` as a pattern."""
    strange = folder.path / "50 %20 #1? [ab]* {c}"
    strange.mkdir()
    for name in TABLES:
        folder.file(name).rename(strange / folder.file(name).name)
    tables = read(strange, PRODUCT)
    assert_frame_equal(tables.train, folder.good("application_train"))
    assert_frame_equal(tables.history["bureau"].collect(), folder.good("bureau"))
