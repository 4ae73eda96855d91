"""A lender whose later clients are known as a live version answered them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from training.features.fields import describe, rows_of
from training.features.histories import aggregate
from training.products.home_credit import PRODUCT
from training.rows.recent import Recent
from training.tables import Tables

BASE = 1500
SHARE = 0.5
"""Of the refused, explored."""
UNRECORDED = "bureau_count"
"""A history feature that the held-out cohort does not have."""


@dataclass(frozen=True)
class Lender:
    """Its raw tables, and what came later."""

    tables: Tables
    recent: Recent


def answered(tables: Tables, clients: slice, seed: int) -> pa.Table:
    """Applications as a version answered them that refuses the fifth with the lowest external score."""
    frame = tables.train[clients]
    past = aggregate(PRODUCT, tables.history, frame["SK_ID_CURR"]).drop("SK_ID_CURR")
    random, count = np.random.default_rng(seed), frame.height
    score = frame["EXT_SOURCE_2"].fill_null(0.5).to_numpy()
    probability = 0.3 * (1 - score)
    refused = probability >= 0.2
    explored = refused & (random.random(count) < SHARE)
    unknown = refused & ~explored
    rows = rows_of(frame, describe(frame, PRODUCT.fields), past)
    numbers, texts = ([c.name for c in PRODUCT.fields if (c.kind == "text") is kind] for kind in (False, True))
    columns = {name: pa.array(rows.numeric[:, i], from_pandas=True) for i, name in enumerate(numbers)}
    columns |= {
        name: pa.array(rows.categorical[:, i], pa.string(), mask=rows.categorical[:, i] == "")
        for i, name in enumerate(texts)
    }
    columns |= {name: pa.array(rows.history[:, i], from_pandas=True) for i, name in enumerate(past.columns)}
    numbers_of = [None if row % 10 == 0 else client for row, client in enumerate(frame["SK_ID_CURR"].to_list())]
    columns |= {
        "id": pa.array([f"a-{client}" for client in frame["SK_ID_CURR"]]),
        "at": pa.array(np.arange(count)),
        "client": pa.array(numbers_of, pa.int64()),
        "probability": pa.array(probability),
        "threshold": pa.array(np.full(count, 0.2)),
        "outcome": pa.array(frame["TARGET"].to_numpy() == 1, mask=unknown),
        "weight": pa.array(np.where(refused, 1 / SHARE, 1.0), mask=unknown),
    }
    return pa.table(columns)


def asked(table: pa.Table) -> list[int | str]:
    """Each application's client number, or the id of its record."""
    pairs = zip(table["client"].to_pylist(), table["id"].to_pylist(), strict=True)
    return [record if client is None else client for client, record in pairs]


def with_column(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    """Another content of one column."""
    return table.set_column(table.schema.get_field_index(name), name, values)
