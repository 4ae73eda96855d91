"""One row per client asked for, features in their order, whatever tables there are."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import pytest

from training.features.histories import aggregate
from training.products.home_credit import PRODUCT

FEATURES = PRODUCT.history_features

Tables = Mapping[str, pl.DataFrame]


def lazy(history: Tables, *names: str) -> dict[str, pl.LazyFrame]:
    return {name: history[name].lazy() for name in names or history}


def test_clients_keep_their_order(history: Tables, clients: pl.Series):
    assert aggregate(PRODUCT, lazy(history), clients)["SK_ID_CURR"].to_list() == clients.to_list()


def test_columns_follow_the_list(history: Tables, clients: pl.Series):
    assert aggregate(PRODUCT, lazy(history), clients).columns == [
        "SK_ID_CURR",
        *(feature.name for feature in FEATURES),
    ]


def test_types_are_narrow(history: Tables, clients: pl.Series):
    frame = aggregate(PRODUCT, lazy(history), clients)
    assert frame.dtypes == [pl.Int64, *[pl.Float32] * len(FEATURES)]


@pytest.mark.parametrize("absent", ["previous_application", "credit_card_balance", "installments_payments"])
def test_absent_table_has_no_columns(history: Tables, clients: pl.Series, absent: str):
    present = [name for name in history if name != absent]
    frame = aggregate(PRODUCT, lazy(history, *present), clients)
    assert frame.columns[1:] == [feature.name for feature in FEATURES if feature.table != absent]


def test_months_need_their_bureau(history: Tables, clients: pl.Series):
    assert aggregate(PRODUCT, lazy(history, "bureau_balance"), clients).columns == ["SK_ID_CURR"]


def test_no_tables_no_features(clients: pl.Series):
    assert aggregate(PRODUCT, {}, clients).columns == ["SK_ID_CURR"]


def test_empty_tables_keep_columns(history: Tables, clients: pl.Series):
    empty = {name: frame.clear().lazy() for name, frame in history.items()}
    frame = aggregate(PRODUCT, empty, clients)
    assert frame.shape == (len(clients), 1 + len(FEATURES))


def test_client_without_rows(history: Tables, clients: pl.Series):
    frame = aggregate(PRODUCT, lazy(history), clients).filter(pl.col("SK_ID_CURR") == 100_001)
    values = frame.drop("SK_ID_CURR").row(0, named=True)
    assert values == dict.fromkeys(feature.name for feature in FEATURES)
