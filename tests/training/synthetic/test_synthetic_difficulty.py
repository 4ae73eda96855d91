"""The synthetic clients are as hard to tell apart as the real ones: the same model, on as many, is as good."""

from __future__ import annotations

from pathlib import Path

import lightgbm
import numpy as np
import polars as pl
import pytest
from polars import col
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from training.synthetic.aggregates import aggregates
from training.synthetic.calibrate import auc
from training.synthetic.columns import Category, Floats, Table
from training.synthetic.profile import profile
from training.synthetic.tolerances import MODEL_AUC

CLIENTS = 5_000
REAL_AUC = 0.756
"""Of `_cross_validated` on 5,000 real clients."""

_ACTIVE, _STATUS = col("CREDIT_ACTIVE") == "Active", col("NAME_CONTRACT_STATUS")
_USE = col("AMT_BALANCE") / pl.when(col("AMT_CREDIT_LIMIT_ACTUAL") > 0).then("AMT_CREDIT_LIMIT_ACTUAL")
HISTORY = {
    "bureau": [
        pl.len().alias("credits"),
        _ACTIVE.mean(),
        *[col(name).mean().alias(f"{name}_mean") for name in ("DAYS_CREDIT", "DAYS_CREDIT_UPDATE")],
        col("DAYS_CREDIT").max(),
        col("DAYS_CREDIT_ENDDATE").mean(),
        (col("AMT_CREDIT_SUM_DEBT").sum() / col("AMT_CREDIT_SUM").sum()).alias("debt_ratio"),
        col("AMT_CREDIT_SUM_DEBT").sum().alias("debt"),
        col("AMT_CREDIT_MAX_OVERDUE").max(),
    ],
    "previous_application": [
        pl.len().alias("applications"),
        *[(status == _STATUS).mean().alias(status) for status in ("Approved", "Refused")],
        *[col(name).mean() for name in ("CNT_PAYMENT", "RATE_DOWN_PAYMENT", "AMT_ANNUITY")],
        col("DAYS_DECISION").mean().alias("decision_mean"),
        col("DAYS_DECISION").max().alias("decision_last"),
        (col("NAME_YIELD_GROUP") == "high").mean(),
    ],
    "POS_CASH_balance": [pl.len().alias("pos"), (col("SK_DPD") > 0).mean(), col("CNT_INSTALMENT_FUTURE").mean()],
    "credit_card_balance": [
        pl.len().alias("card"),
        _USE.mean().alias("use_mean"),
        _USE.max().alias("use_max"),
        col("AMT_BALANCE").mean(),
        *[col(f"CNT_DRAWINGS_{kind}CURRENT").mean() for kind in ("", "ATM_")],
    ],
}


def _matrix(folder: Path) -> tuple[Floats, Floats]:
    """Application columns, categories by number, and some plain aggregates."""
    frame = pl.read_parquet(folder / "application_train.parquet").head(CLIENTS)
    frame = frame.drop(col("^.*_(MODE|MEDI)$")).with_columns(col("DAYS_EMPLOYED").replace(365243, None))
    for table, columns in HISTORY.items():
        history = pl.read_parquet(folder / f"{table}.parquet").group_by("SK_ID_CURR").agg(columns)
        frame = frame.join(history, on="SK_ID_CURR", how="left", maintain_order="left", suffix=f"_{table}")
    target = frame["TARGET"].to_numpy().astype(float)
    frame = frame.drop("TARGET", "SK_ID_CURR").with_columns(col(pl.String).rank("dense"))
    return frame.cast(pl.Float64).to_numpy(), target


def _cross_validated(folder: Path) -> float:
    matrix, target = _matrix(folder)
    parameters = {"learning_rate": 0.1, "num_leaves": 7, "min_data_in_leaf": 40, "feature_fraction": 0.3}
    parameters |= {"objective": "binary", "verbose": -1, "num_threads": 1, "seed": 1, "lambda_l2": 5.0}
    score = np.zeros(len(target))
    for learn, test in StratifiedKFold(5, shuffle=True, random_state=0).split(matrix, target):
        data = lightgbm.Dataset(matrix[learn], target[learn])
        score[test] = lightgbm.train(parameters, data, num_boost_round=60).predict(matrix[test])
    return float(roc_auc_score(target, score))


@pytest.fixture(scope="module")
def synthetic_auc(folder: Path) -> float:
    return _cross_validated(folder)


def test_a_model_is_as_good_as_on_real_clients(synthetic_auc: float) -> None:
    assert synthetic_auc == pytest.approx(REAL_AUC, abs=MODEL_AUC)


def test_real_clients_give_the_stated_figure(sample: Path, synthetic_auc: float) -> None:
    real = _cross_validated(sample)
    assert real == pytest.approx(REAL_AUC, abs=0.005)
    assert synthetic_auc == pytest.approx(real, abs=MODEL_AUC)


def _as_table(frame: pl.DataFrame) -> Table:
    table: Table = {}
    for name in frame.columns:
        if frame[name].dtype == pl.String:
            levels = tuple(frame[name].drop_nulls().unique().sort())
            codes = frame[name].replace_strict(levels, range(len(levels)), default=-1).fill_null(-1)
            table[name] = Category(codes.to_numpy().astype(np.int64), levels)
        else:
            table[name] = frame[name].cast(pl.Float64).to_numpy()
    return table


def _placed(folder: Path, table: str, key: str, parent: pl.DataFrame, place: str) -> pl.DataFrame:
    """A table's rows that have a parent, with the parent's position."""
    places = parent.select(key).with_row_index(place)
    return pl.read_parquet(folder / f"{table}.parquet").join(places, on=key, maintain_order="left")


def test_aggregates_are_the_published_ones(sample: Path) -> None:
    people = pl.read_parquet(sample / "application_train.parquet", columns=["SK_ID_CURR", "TARGET"])
    elsewhere = _placed(sample, "bureau", "SK_ID_CURR", people, "client")
    loans = _placed(sample, "previous_application", "SK_ID_CURR", people, "client").with_columns(listed=pl.lit(1))
    tables = {
        "bureau": elsewhere,
        "bureau_balance": _placed(sample, "bureau_balance", "SK_ID_BUREAU", elsewhere, "credit"),
        "previous_application": loans,
        **{
            name: _placed(sample, name, "SK_ID_PREV", loans, "loan")
            for name in ("POS_CASH_balance", "credit_card_balance")
        },
    }
    past = aggregates({name: _as_table(frame) for name, frame in tables.items()}, len(people))
    target = people["TARGET"].to_numpy().astype(float)
    for name, values in past.items():
        there = ~np.isnan(values)
        # Balances whose loan is not listed count in the published figures and not here.
        assert auc(values[there], target[there]) == pytest.approx(profile()["aggregates"][name]["auc"], abs=0.02), name
