"""Reading files of applications, CSV or Parquet, as the tensors that a caller would send."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from serving.protocol.codec import CLIENT
from serving.protocol.errors import quote
from serving.protocol.tensors import BYTES, FP64, INT64, Tensor
from training.bundle import Manifest

ROWS = 4_096
"""Rows in memory at a time; with 120 columns they take about 20 MB as Python values."""

_CSV_BYTES = 4 << 20


class FileError(Exception):
    """A file is not a file of applications; the message names the file and, if known, row and field."""


@dataclass(frozen=True)
class FileBatch:
    """Some rows of a file."""

    rows: int
    tensors: Sequence[Tensor]
    ignored: tuple[str, ...]
    """Columns of the file that did not become tensors."""

    def take(self, rows: Sequence[int]) -> list[Tensor]:
        """The tensors of some rows."""
        return [
            msgspec.structs.replace(tensor, shape=[len(rows)], data=[tensor.data[row] for row in rows])
            for tensor in self.tensors
        ]


def read_batches(path: Path, manifest: Manifest, *, keep_unknown: bool) -> Iterator[FileBatch]:
    """The file's rows in order, in batches of bounded size; unknown columns are included if `keep_unknown`.

    Raises FileError.
    """
    if not path.is_file():
        raise FileError(f"{path}: expected a file, found {'a folder' if path.is_dir() else 'nothing'}")
    if path.suffix not in {".csv", ".parquet"}:
        raise FileError(f"{path}: expected a name that ends in .csv or .parquet, got '{path.suffix}'")
    datatypes = {field.name: field.datatype for field in manifest.fields} | {CLIENT: "INT64"}
    done = 0
    try:
        for batch in _csv(path) if path.suffix == ".csv" else _parquet(path):
            yield _tensors(batch, datatypes, keep_unknown, path, done)
            done += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise FileError(f"{path}: expected a whole {path.suffix[1:]} file, found: {_first_line(error)}") from error


def _parquet(path: Path) -> Iterator[pa.RecordBatch]:
    with pyarrow.parquet.ParquetFile(path) as file:
        yield from file.iter_batches(batch_size=ROWS)


def _csv(path: Path) -> Iterator[pa.RecordBatch]:
    """All columns as text, because the model's fields determine the types, not the first rows of the file."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        names = next(csv.reader(file), [])
    options = pyarrow.csv.ConvertOptions(
        column_types={name: pa.string() for name in names}, null_values=[""], strings_can_be_null=True
    )
    reading = pyarrow.csv.ReadOptions(block_size=_CSV_BYTES, use_threads=False)  # so that its errors name the row
    with pyarrow.csv.open_csv(path, reading, convert_options=options) as reader:
        for batch in reader:
            for start in range(0, batch.num_rows, ROWS):
                yield batch.slice(start, ROWS)


def _tensors(
    batch: pa.RecordBatch, datatypes: Mapping[str, str], keep_unknown: bool, path: Path, done: int
) -> FileBatch:
    names = batch.schema.names
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise FileError(f"{path}, column {twice}: expected once, found again")
    used = [name for name in names if keep_unknown or name in datatypes]
    tensors = [_tensor(name, batch.column(name), datatypes.get(name, "BYTES"), path, done) for name in used]
    return FileBatch(batch.num_rows, tensors, tuple(name for name in names if name not in used))


def _tensor(name: str, column: pa.Array, datatype: str, path: Path, done: int) -> Tensor:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if pa.types.is_null(kind):
        column, kind = column.cast(pa.string()), pa.string()
    if _is_text(kind) and datatype != "BYTES" and (path.suffix == ".csv" or column.null_count == len(column)):
        column, kind = _numbers(name, column, path, done), pa.float64()
    shape = [len(column)]
    if _is_text(kind):
        return BYTES(name, shape, column.to_pylist())
    if pa.types.is_integer(kind):
        return INT64(name, shape, column.to_pylist())
    if pa.types.is_floating(kind):
        return FP64(name, shape, _without_nan(column).to_pylist())
    raise FileError(f"{path}, column {name}: expected {'text' if datatype == 'BYTES' else 'numbers'}, found {kind}")


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _numbers(name: str, texts: pa.Array, path: Path, done: int) -> pa.Array:
    """Texts of a CSV file as float64, which can represent every whole number of a field."""
    try:
        return pc.cast(texts, pa.float64())
    except pa.ArrowInvalid:
        for row, text in enumerate(texts.to_pylist()):
            if text is not None and not _is_number(text):
                raise FileError(f"{path}, row {done + row + 1}: {name}: expected a number, got {quote(text)}") from None
        raise


def _is_number(text: str) -> bool:
    try:
        pa.scalar(text).cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def _without_nan(column: pa.Array) -> pa.Array:
    return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)


def _first_line(error: Any) -> str:
    return (str(error).splitlines() or ["nothing"])[0][:300]
