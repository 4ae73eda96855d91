"""Each column by itself: type, quantiles, category shares, gaps."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from training.synthetic.marginals import SHARES
from training.synthetic.profile import columns, profile
from training.synthetic.tolerances import SENTINEL_SHARE, TABLES

_TYPES = {"int64": pl.Int64, "float64": pl.Float64, "string": pl.String}
_NO_DATE = 365243


def _rank_error(values: np.ndarray, quantiles: list[float]) -> float:
    pairs = [(share, value) for share, value in zip(SHARES, quantiles, strict=True) if 0 < share < 1]
    return max(max(share - np.mean(values <= value), np.mean(values < value) - share) for share, value in pairs)


def _numbers(table: str) -> list[tuple[str, list[float]]]:
    return [(name, row["quantiles"]) for name, row in profile()["tables"][table].items() if "quantiles" in row]


@pytest.mark.parametrize("table", [*TABLES, "application_test"])
def test_columns_are_the_real_ones(lender: dict[str, pl.DataFrame], table: str) -> None:
    assert dict(lender[table].schema) == {name: _TYPES[kind] for name, kind in columns(table).items()}


@pytest.mark.parametrize("table", TABLES)
def test_quantiles_are_as_published(lender: dict[str, pl.DataFrame], table: str) -> None:
    allowed = TABLES[table]
    wrong = {}
    for name, quantiles in _numbers(table):
        values = lender[table][name].drop_nulls().to_numpy().astype(float)
        if "sentinel" in profile()["tables"][table][name]:
            values = values[values != _NO_DATE]
        error = _rank_error(values, quantiles)
        if error > allowed.wider.get(name, allowed.quantiles):
            wrong[name] = round(error, 3)
    assert not wrong


@pytest.mark.parametrize("table", TABLES)
def test_category_shares_are_as_published(lender: dict[str, pl.DataFrame], table: str) -> None:
    wrong = {}
    for name, row in profile()["tables"][table].items():
        if "levels" not in row:
            continue
        shown = dict(lender[table][name].drop_nulls().value_counts(normalize=True).iter_rows())
        error = max(abs(shown.get(level, 0.0) - share) for level, share in row["levels"].items())
        if error > TABLES[table].levels or not shown.keys() <= row["levels"].keys():
            wrong[name] = round(error, 3)
    assert not wrong


@pytest.mark.parametrize("table", TABLES)
def test_gaps_are_as_frequent_as_published(lender: dict[str, pl.DataFrame], table: str) -> None:
    frame = lender[table]
    errors = {
        name: abs(frame[name].null_count() / len(frame) - row["missing"])
        for name, row in profile()["tables"][table].items()
    }
    assert {name: error for name, error in errors.items() if error > TABLES[table].missing} == {}


def test_missing_dates_are_as_frequent_as_published(lender: dict[str, pl.DataFrame]) -> None:
    frame = lender["previous_application"]
    for name, row in profile()["tables"]["previous_application"].items():
        if "sentinel" in row:
            shown = (frame[name].drop_nulls() == _NO_DATE).mean()
            assert shown == pytest.approx(row["sentinel"], abs=SENTINEL_SHARE), name


def test_held_out_clients_differ_as_published(lender: dict[str, pl.DataFrame]) -> None:
    later, rows = lender["application_test"], profile()["tables"]["application_test"]
    revolving = (later["NAME_CONTRACT_TYPE"] == "Revolving loans").mean()
    assert revolving == pytest.approx(rows["NAME_CONTRACT_TYPE"]["levels"]["Revolving loans"], abs=0.01)
    assert later["AMT_CREDIT"].median() == pytest.approx(rows["AMT_CREDIT"]["quantiles"][4], rel=0.08)
