"""Writing a synthetic lender's tables in chunks of clients, so that memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from training.synthetic.columns import Category, Column, Table, floats, integers, take
from training.synthetic.lender import Lender, clients, published
from training.synthetic.profile import columns

TABLES = (
    "application_train",
    "application_test",
    "bureau",
    "bureau_balance",
    "previous_application",
    "POS_CASH_balance",
    "credit_card_balance",
    "installments_payments",
)
CHUNK = 5_000
"""Clients per chunk. Each chunk has its own random stream, so another number would give other clients."""

HELD_OUT_EVERY = 5
"""Every fifth client is held out, so there is one held-out client for four labelled clients."""

_FIRST_CLIENT = 100_001
FIRST_LOAN = 1_000_001
_FIRST_CREDIT = 5_000_001
_ARROW = {"int64": pa.int64(), "float64": pa.float64(), "string": pa.large_string()}


class SynthesisError(ValueError):
    """A synthetic lender cannot be written; the message names the wrong argument or the obstacle."""


def synthesise(clients: int, out: Path, seed: int = 0, progress: Callable[[int, int], None] | None = None) -> None:
    """Write `clients` labelled clients, a quarter as many held-out clients and the history of all, as Parquet files.

    The same number and seed give the same bytes. `progress` is called with the number of finished clients and the
    total. Raises SynthesisError if the number is below 1, the seed is negative, or the folder is not empty or cannot be
    written.
    """
    if clients < 1:
        raise SynthesisError(f"clients: expected at least 1, got {clients}")
    if seed < 0:
        raise SynthesisError(f"seed: expected 0 or more, got {seed}")
    try:
        _write(clients, out, seed, progress)
    except OSError as error:
        raise SynthesisError(f"{out}: cannot be written: {error}") from error


def _write(clients: int, out: Path, seed: int, progress: Callable[[int, int], None] | None) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SynthesisError(f"{out}: expected a new or empty folder; choose another or remove what is in it")
    out.mkdir(parents=True, exist_ok=True)
    total = clients + clients // (HELD_OUT_EVERY - 1)
    with _Writers(out) as writers:
        for start in range(0, total, CHUNK):
            count = min(CHUNK, total - start)
            tables = chunk(published(), seed, start, count)
            writers.append(numbered(tables, writers.rows, start))
            writers.rows["loan"] += len(tables["previous_application"]["client"])
            if progress:
                progress(start + count, total)


def chunk(lender: Lender, seed: int, start: int, count: int) -> dict[str, Table]:
    """Tables of `count` clients from position `start`, drawn from the chunk's own random stream."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(start // CHUNK,)))
    held_out = (np.arange(start, start + count) + 1) % HELD_OUT_EVERY == 0
    return clients(rng, lender, held_out) | {"held_out": {"held_out": held_out.astype(np.int64)}}


def numbered(tables: Mapping[str, Table], rows: Mapping[str, int], start: int) -> dict[str, Table]:
    """The tables in the form of the files.

    Positions are replaced by identifiers, held-out clients get a separate table, and unlisted loans are left out.
    Identifiers continue after `start` clients, `rows["loan"]` loans and `rows["bureau"]` credits.
    """
    application, loans, elsewhere = tables["application"], tables["previous_application"], tables["bureau"]
    held_out = floats(tables["held_out"], "held_out") > 0
    client = _FIRST_CLIENT + start + np.arange(len(held_out))
    loan_client = client[integers(loans, "client")]
    loan = FIRST_LOAN + rows["loan"] + np.arange(len(loan_client))
    credit_client = client[integers(elsewhere, "client")]
    credit = _FIRST_CREDIT + rows["bureau"] + np.arange(len(credit_client))
    everyone = application | {"SK_ID_CURR": client}
    numbered = {
        "application_train": take(everyone, ~held_out),
        "application_test": take(everyone, held_out),
        "bureau": elsewhere | {"SK_ID_CURR": credit_client, "SK_ID_BUREAU": credit},
        "bureau_balance": tables["bureau_balance"]
        | {"SK_ID_BUREAU": credit[integers(tables["bureau_balance"], "credit")]},
        "previous_application": take(
            loans | {"SK_ID_CURR": loan_client, "SK_ID_PREV": loan}, floats(loans, "listed") > 0
        ),
    }
    for name in ("POS_CASH_balance", "credit_card_balance", "installments_payments"):
        place = integers(tables[name], "loan")
        numbered[name] = tables[name] | {"SK_ID_CURR": loan_client[place], "SK_ID_PREV": loan[place]}
    return numbered


class _Writers:
    """One open Parquet file for each table."""

    def __init__(self, out: Path) -> None:
        self.files = {table: pq.ParquetWriter(out / f"{table}.parquet", _schema(table)) for table in TABLES}
        self.rows = dict.fromkeys((*TABLES, "loan"), 0)
        """Rows written so far; `loan` counts the identifiers of all loans, listed or not."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self.files.values():
            file.close()

    def append(self, tables: Mapping[str, Table]) -> None:
        """Write one chunk as a row group in each file."""
        for name, file in self.files.items():
            table = as_arrow(name, tables[name])
            file.write_table(table)
            self.rows[name] += len(table)


def as_arrow(name: str, table: Table) -> pa.Table:
    """The table `name` of TABLES, with the columns of its file in order."""
    schema = _schema(name)
    return pa.Table.from_arrays([_array(table[field.name], field.type) for field in schema], schema=schema)


def _schema(name: str) -> pa.Schema:
    return pa.schema([(column, _ARROW[kind]) for column, kind in columns(name).items()])


def _array(column: Column, kind: pa.DataType) -> pa.Array:
    if isinstance(column, Category):
        codes = pa.array(column.codes, pa.int32(), mask=column.codes < 0)
        return pa.DictionaryArray.from_arrays(codes, pa.array(column.levels, pa.large_string())).cast(kind)
    if pa.types.is_integer(kind):
        return pa.array(np.rint(column).astype(np.int64), kind)
    values = column.astype(np.float64)
    return pa.array(values, kind, mask=np.isnan(values))
