"""Every feature has the value that plain pandas code gives it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import polars as pl

from training.features.histories import aggregate
from training.products.home_credit import PRODUCT

Tables = Mapping[str, pl.DataFrame]


def differences(tables: Tables, clients: pl.Series, notebook: ModuleType) -> dict[str, float]:
    """Features that differ by more than 1e-5 of themselves, and by how much; infinity if only one is missing."""
    ours = aggregate(PRODUCT, {name: frame.lazy() for name, frame in tables.items()}, clients)
    frames = {name: pd.DataFrame(frame.to_dict(as_series=False)) for name, frame in tables.items()}
    theirs = notebook.aggregate(frames, pd.Series(clients.to_list()))
    assert set(ours.columns[1:]) == set(theirs.columns)
    return {name: gap for name in ours.columns[1:] if (gap := furthest(ours[name], theirs[name])) > 1e-5}


def furthest(ours: pl.Series, theirs: pd.Series) -> float:
    a, b = ours.cast(pl.Float64).fill_null(np.nan).to_numpy(), theirs.to_numpy().astype(np.float64)
    if (np.isnan(a) != np.isnan(b)).any():
        return np.inf
    gaps = np.abs(a - b) / np.maximum(np.abs(b), 1e-3)
    return float(np.nan_to_num(gaps).max())


def test_made_up_tables(history: Tables, clients: pl.Series, notebook: ModuleType):
    assert differences(history, clients, notebook) == {}


def test_real_tables(sample: Path, notebook: ModuleType):
    paths = {feature.table: sample / f"{feature.table}.parquet" for feature in PRODUCT.history_features}
    tables = {name: pl.read_parquet(path) for name, path in paths.items() if path.exists()}
    clients = pl.read_parquet(sample / "application_train.parquet", columns=["SK_ID_CURR"])["SK_ID_CURR"]
    assert differences(tables, clients, notebook) == {}
