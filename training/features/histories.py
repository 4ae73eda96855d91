"""From the history tables to one row of features per client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from training.product import Product
from training.product.history import by_client


def aggregate(product: Product, history: Mapping[str, pl.LazyFrame], clients: pl.Series) -> pl.DataFrame:
    """The clients and the features of the tables that are present, one row per client in the order of `clients`.

    A client without rows in a table has null for all features of the table, also for counts. So a client unknown to a
    predictor looks like a training client without history.
    """
    frame = clients.to_frame()
    for table in pl.collect_all(list(_tables(product, history)), engine="streaming"):
        frame = frame.join(table, on=product.client, how="left", maintain_order="left")
    names = (feature.name for feature in product.history_features)
    return frame.select(clients.name, *(name for name in names if name in frame.columns))


def _tables(product: Product, history: Mapping[str, pl.LazyFrame]) -> Iterator[pl.LazyFrame]:
    """The features of each source whose tables are present."""
    for source in product.history:
        if product.client and all(name in history for name in source.tables):
            rows = source.prepare(*(history[name] for name in source.tables))
            yield by_client(rows, product.client, source.features)
