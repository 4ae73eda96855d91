"""From the history tables to one row of features per client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from training.features.history import bureau, bureau_balance, card, instalments, pos, previous
from training.features.history.feature import CLIENT, HistoryFeature, by_client

FEATURES: tuple[HistoryFeature, ...] = (
    *bureau.FEATURES,
    *bureau_balance.FEATURES,
    *previous.FEATURES,
    *pos.FEATURES,
    *card.FEATURES,
    *instalments.FEATURES,
)


def aggregate(history: Mapping[str, pl.LazyFrame], clients: pl.Series) -> pl.DataFrame:
    """`SK_ID_CURR` and the features of the present tables, one row per client in the order of `clients`.

    Tables have their Kaggle names and columns. `bureau_balance` counts as absent without `bureau`, because only
    `bureau` names the client of a loan. A client without rows in a table has null for all features of the table, also
    for counts. So a client unknown to a predictor looks like a training client without history.
    """
    frame = clients.cast(pl.Int64).rename(CLIENT).to_frame()
    for table in pl.collect_all(list(_tables(history)), engine="streaming"):
        frame = frame.join(table, on=CLIENT, how="left", maintain_order="left")
    return frame.select(CLIENT, *(feature.name for feature in FEATURES if feature.name in frame.columns))


def _tables(history: Mapping[str, pl.LazyFrame]) -> Iterator[pl.LazyFrame]:
    """The features of each present table."""
    if bureau.TABLE in history:
        yield by_client(bureau.loans(history[bureau.TABLE]), bureau.FEATURES)
    if bureau.TABLE in history and bureau_balance.TABLE in history:
        loans = bureau_balance.loans(history[bureau_balance.TABLE], history[bureau.TABLE])
        yield by_client(loans, bureau_balance.FEATURES)
    if previous.TABLE in history:
        yield by_client(previous.applications(history[previous.TABLE]), previous.FEATURES)
    if pos.TABLE in history:
        yield by_client(pos.loans(history[pos.TABLE]), pos.FEATURES)
    if card.TABLE in history:
        yield by_client(card.months(history[card.TABLE]), card.FEATURES)
    if instalments.TABLE in history:
        yield by_client(instalments.periods(history[instalments.TABLE]), instalments.FEATURES)
