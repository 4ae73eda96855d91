"""One synthetic lender for all tests: as files, and as the generator holds it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from training.synthetic import synthesise
from training.synthetic.aggregates import aggregates
from training.synthetic.columns import Floats, Table
from training.synthetic.lender import clients, published

CLIENTS = 10_000


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("lender") / "data"
    synthesise(CLIENTS, out, seed=11)
    return out


@pytest.fixture(scope="session")
def lender(folder: Path) -> dict[str, pl.DataFrame]:
    return {path.stem: pl.read_parquet(path) for path in folder.iterdir()}


@pytest.fixture(scope="session")
def tables() -> dict[str, Table]:
    """Labelled clients only, as the generator holds them; more of them, since default is rare."""
    return clients(np.random.default_rng(5), published(), np.zeros(2 * CLIENTS, dtype=bool))


@pytest.fixture(scope="session")
def application(tables: dict[str, Table]) -> Table:
    return tables["application"]


@pytest.fixture(scope="session")
def past(tables: dict[str, Table]) -> dict[str, Floats]:
    return aggregates(tables, 2 * CLIENTS)
