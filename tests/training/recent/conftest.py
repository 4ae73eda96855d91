from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.recent_lender import BASE, UNRECORDED, Lender, answered
from training.products.home_credit import PRODUCT
from training.rows.recent import Recent
from training.runs.train import Options, TrainingRun, train
from training.synthetic import synthesise
from training.tables import read


@pytest.fixture(scope="session")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Lender:
    folder = tmp_path_factory.mktemp("later") / "tables"
    synthesise(4500, folder, seed=6)
    everybody = read(folder, PRODUCT)
    cohorts = [answered(everybody, slice(start, start + 1000), start) for start in range(BASE, 4500, 1000)]
    tables = replace(everybody, train=everybody.train[:BASE])
    return Lender(tables, Recent({"1-1": cohorts[0], "1-2": cohorts[1]}, ("1-3", cohorts[2])))


@pytest.fixture(scope="session")
def unrecorded(lender: Lender) -> Recent:
    """Without a feature in the newest records."""
    cohort, table = lender.recent.held_out
    return replace(lender.recent, held_out=(cohort, table.drop_columns(UNRECORDED)))


@pytest.fixture(scope="session")
def champion(lender: Lender, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of a version that learned from the raw tables alone."""
    directory = tmp_path_factory.mktemp("champion")
    train(lender.tables, Options(trials=1), directory)
    return directory


@pytest.fixture(scope="session")
def retrained(lender: Lender, unrecorded: Recent, tmp_path_factory: pytest.TempPathFactory) -> TrainingRun:
    return train(lender.tables, Options(trials=1), tmp_path_factory.mktemp("retrained"), recent=unrecorded)
