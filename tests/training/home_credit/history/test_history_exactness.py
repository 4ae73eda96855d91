"""A client's features are a function of the client's rows: not of their order, the other clients, or the threads."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from training.features.histories import aggregate
from training.products.home_credit import PRODUCT

Tables = Mapping[str, pl.DataFrame]

ALONE = """
import sys
from pathlib import Path
import polars as pl
from training.features.histories import aggregate
from training.products.home_credit import PRODUCT
tables = {path.stem: pl.scan_parquet(path) for path in Path(sys.argv[1]).glob("*.parquet")}
clients = pl.Series("SK_ID_CURR", range(100_040, 100_000, -1), dtype=pl.Int64)
assert pl.thread_pool_size() == 1
aggregate(PRODUCT, tables, clients).write_ipc(sys.argv[2])
"""


def compute(history: Tables, clients: pl.Series) -> pl.DataFrame:
    return aggregate(PRODUCT, {name: frame.lazy() for name, frame in history.items()}, clients)


def bits(frame: pl.DataFrame) -> pl.DataFrame:
    """Float32 as the integers behind it, so that equal means equal bits (and -0.0 is not 0.0)."""
    return frame.with_columns(pl.col(pl.Float32).reinterpret(signed=True))


@pytest.mark.parametrize("seed", range(3))
def test_row_order_is_nothing(history: Tables, clients: pl.Series, seed: int):
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=seed) for name, frame in history.items()}
    assert_frame_equal(bits(compute(shuffled, clients)), bits(compute(history, clients)))


@pytest.mark.parametrize("client", [100_003, 100_017, 100_040])
def test_alone_as_in_the_batch(history: Tables, clients: pl.Series, client: int):
    own = {name: f.filter(pl.col("SK_ID_CURR") == client) for name, f in history.items() if "SK_ID_CURR" in f.columns}
    loans = own["bureau"]["SK_ID_BUREAU"].to_list()
    own["bureau_balance"] = history["bureau_balance"].filter(pl.col("SK_ID_BUREAU").is_in(loans))
    together = compute(history, clients).filter(pl.col("SK_ID_CURR") == client)
    assert_frame_equal(bits(compute(own, pl.Series("SK_ID_CURR", [client]))), bits(together))


def test_one_thread_as_many(history: Tables, clients: pl.Series, tmp_path: Path):
    for name, frame in history.items():
        frame.write_parquet(tmp_path / f"{name}.parquet", row_group_size=50)
    result = tmp_path / "features.arrow"
    environment = {**os.environ, "POLARS_MAX_THREADS": "1"}
    subprocess.run([sys.executable, "-c", ALONE, str(tmp_path), str(result)], env=environment, check=True)
    assert_frame_equal(bits(pl.read_ipc(result)), bits(compute(history, clients)))
