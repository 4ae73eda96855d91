"""New clients of a lender: drawn from a world and added to its tables, with their future outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from training.synthetic.columns import floats
from training.synthetic.lender import Lender, clients
from training.synthetic.write import FIRST_LOAN, TABLES, SynthesisError, as_arrow, numbered

_STREAM = 1
"""First number of the spawn key of an arrival's random stream, before the position of its first client.

Streams of chunks have spawn keys of one number, so the two kinds never coincide.
"""

_LOANS = ("previous_application", "POS_CASH_balance", "credit_card_balance", "installments_payments")


@dataclass(frozen=True)
class Arrivals:
    """New applications, and by SK_ID_CURR whether each client will default."""

    applications: pl.DataFrame
    defaulted: Mapping[int, bool]


def arrive(folder: Path, world: Lender, count: int, seed: int) -> Arrivals:
    """Draw clients of a world and add them to a synthetic lender's folder: to `application_test` and the histories.

    The same folder, world, number and seed give the same clients. Their client numbers continue the existing ones.
    Raises SynthesisError if the folder does not hold a synthetic lender or cannot be written.
    """
    try:
        return _arrive(folder, world, count, seed)
    except (OSError, pa.ArrowException) as error:
        raise SynthesisError(f"{folder}: no clients can be added: {error}") from error


def _arrive(folder: Path, world: Lender, count: int, seed: int) -> Arrivals:
    held = {name: pq.read_metadata(folder / f"{name}.parquet").num_rows for name in TABLES}
    start = held["application_train"] + held["application_test"]
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_STREAM, start)))
    drawn = clients(rng, world, np.zeros(count, dtype=bool)) | {"held_out": {"held_out": np.ones(count, np.int64)}}
    tables = numbered(drawn, {"bureau": held["bureau"], "loan": _loans(folder)}, start)
    added = {name: as_arrow(name, tables[name]) for name in TABLES if name != "application_train"}
    for name, rows in added.items():
        _append(folder / f"{name}.parquet", rows)
    frame = pl.DataFrame(added["application_test"])
    defaulted = (floats(drawn["application"], "TARGET") > 0).tolist()
    return Arrivals(frame, dict(zip(frame["SK_ID_CURR"].to_list(), defaulted, strict=True)))


def _loans(folder: Path) -> int:
    """The number of loan identifiers in use; identifiers of unlisted loans are only in the balances."""
    tables = (pl.scan_parquet(folder / f"{name}.parquet", glob=False) for name in _LOANS)
    last = [table.select(pl.max("SK_ID_PREV")).collect().item() for table in tables]
    return int(max(last)) + 1 - FIRST_LOAN


def _append(path: Path, rows: pa.Table) -> None:
    """Add a row group to a file; until the end, readers see the old file."""
    unfinished = path.with_suffix(".unfinished")
    with pq.ParquetFile(path) as file, pq.ParquetWriter(unfinished, rows.schema) as writer:
        for group in range(file.num_row_groups):
            writer.write_table(file.read_row_group(group))
        writer.write_table(rows)
    unfinished.rename(path)
