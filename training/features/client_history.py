"""The file with the history features of known clients, in which a predictor looks clients up."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from training.bundle.history import write_history
from training.features.histories import aggregate
from training.tables import Tables


def write_client_history(tables: Tables, names: tuple[str, ...], directory: Path, as_of: date) -> Path:
    """Aggregate every client of the application tables and write the features `names`, in that order.

    If a table is absent, its features are missing for all clients.
    """
    applications = [tables.train, *([] if tables.test is None else [tables.test])]
    clients = pl.concat([frame[tables.clients.name] for frame in applications]).unique().sort()
    features = aggregate(tables.product, tables.history, clients)
    matrix = np.empty((len(clients), len(names)), np.float32)
    for i, name in enumerate(names):
        matrix[:, i] = features[name].to_numpy() if name in features.columns else np.nan
    return write_history(directory, clients.to_numpy(), matrix, names, as_of)
