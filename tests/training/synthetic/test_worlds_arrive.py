"""New clients are added to a lender's tables as if they had been there."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from training.products.home_credit import PRODUCT
from training.synthetic import SynthesisError, synthesise, worlds
from training.synthetic.arrivals import Arrivals, arrive
from training.synthetic.write import TABLES
from training.tables import check, read

CLIENTS = 400


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("arrivals") / "before"
    synthesise(CLIENTS, folder, seed=3)
    return folder


@pytest.fixture(scope="module")
def arrived(before: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Arrivals]]:
    folder = tmp_path_factory.mktemp("arrivals") / "after"
    shutil.copytree(before, folder)
    return folder, [arrive(folder, world(), 150, seed=3) for world in (worlds.published, worlds.changed)]


def test_tables_stay_whole(before, arrived) -> None:
    folder, _ = arrived
    report = check(folder, PRODUCT)
    assert not report.errors
    assert {one.column for one in report.warnings} == {one.column for one in check(before, PRODUCT).warnings}


@pytest.mark.parametrize("table", TABLES)
def test_rows_are_added_behind(before, arrived, table: str) -> None:
    old, new = (pl.read_parquet(folder / f"{table}.parquet") for folder in (before, arrived[0]))
    assert new.head(old.height).equals(old)
    assert (new.height == old.height) == (table == "application_train")


def test_identifiers_are_used_once(arrived) -> None:
    folder, arrivals = arrived
    tables = read(folder, PRODUCT)
    everybody = pl.concat([tables.train["SK_ID_CURR"], tables.test["SK_ID_CURR"]])
    assert everybody.n_unique() == CLIENTS + CLIENTS // 4 + 300
    newcomers = [one.applications["SK_ID_CURR"].to_list() for one in arrivals]
    assert newcomers[0][-1] + 1 == newcomers[1][0] == everybody.max() - 149
    for table, key in (("bureau", "SK_ID_BUREAU"), ("previous_application", "SK_ID_PREV")):
        column = pl.read_parquet(folder / f"{table}.parquet")[key]
        assert column.n_unique() == len(column)
    owners = pl.read_parquet(folder / "POS_CASH_balance.parquet").group_by("SK_ID_PREV").agg(pl.n_unique("SK_ID_CURR"))
    assert owners["SK_ID_CURR"].max() == 1


def test_outcome_is_nowhere_in_files(arrived) -> None:
    folder, (first, _) = arrived
    assert "TARGET" not in first.applications.columns
    assert list(first.defaulted) == first.applications["SK_ID_CURR"].to_list()
    assert 0 < sum(first.defaulted.values()) < 75
    assert pl.read_parquet(folder / "application_train.parquet").height == CLIENTS


def test_same_seed_same_clients(before: Path, arrived, tmp_path: Path) -> None:
    folder = tmp_path / "again"
    shutil.copytree(before, folder)
    again, other = arrive(folder, worlds.published(), 150, seed=3), arrive(folder, worlds.changed(), 150, seed=4)
    first, second = arrived[1]
    assert again.applications.equals(first.applications)
    assert again.defaulted == first.defaulted
    assert not other.applications.equals(second.applications)


def test_foreign_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SynthesisError, match="no clients can be added"):
        arrive(tmp_path, worlds.published(), 10, seed=0)
