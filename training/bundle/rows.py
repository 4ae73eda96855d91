"""Applications in two forms: the three arrays that the graph takes, and the columns of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from training.bundle.manifest import BundleError, Manifest

Floats = npt.NDArray[np.float32]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Rows:
    """Applications: `numeric` [n, k] and `history` [n, h] with NaN for missing; `categorical` [n, c] with ""."""

    numeric: Floats
    categorical: Texts
    history: Floats

    def __len__(self) -> int:
        return len(self.numeric)

    def take(self, index: npt.NDArray[Any] | slice) -> Rows:
        """The rows at an index, a mask or a slice."""
        return Rows(self.numeric[index], self.categorical[index], self.history[index])

    def tensors(self) -> dict[str, npt.NDArray[Any]]:
        """The graph's inputs by name."""
        return {"numeric": self.numeric, "categorical": self.categorical, "history": self.history}

    def columns(self, manifest: Manifest) -> dict[str, pa.Array]:
        """One Arrow column per field and per history feature; missing is null."""
        columns = {
            field.name: pa.array(self.numeric[:, i], from_pandas=True) for i, field in enumerate(manifest.numeric)
        }
        for i, field in enumerate(manifest.categorical):
            texts = self.categorical[:, i]
            columns[field.name] = pa.array(texts, pa.string(), mask=texts == "")
        for i, name in enumerate(manifest.history):
            columns[name] = pa.array(self.history[:, i], from_pandas=True)
        return columns

    @classmethod
    def from_table(cls, table: pa.Table, manifest: Manifest) -> Rows:
        """Read rows from a table with the columns that `columns` made.

        Raises BundleError with the first missing column.
        """
        fields = [field.name for field in manifest.fields]
        missing = [name for name in (*fields, *manifest.history) if name not in table.column_names]
        if missing:
            raise BundleError(f"{len(missing)} columns expected by bundle.json are not there, the first: {missing[0]}")
        columns = {name: table.column(name) for name in (*fields, *manifest.history)}
        return cls(
            _floats(columns, [field.name for field in manifest.numeric], len(table)),
            _texts(columns, [field.name for field in manifest.categorical], len(table)),
            _floats(columns, list(manifest.history), len(table)),
        )


def _floats(columns: Mapping[str, pa.ChunkedArray], names: list[str], length: int) -> Floats:
    matrix = np.empty((length, len(names)), np.float32)
    for i, name in enumerate(names):
        matrix[:, i] = columns[name].to_numpy()
    return matrix


def _texts(columns: Mapping[str, pa.ChunkedArray], names: list[str], length: int) -> Texts:
    matrix = np.empty((length, len(names)), object)
    for i, name in enumerate(names):
        matrix[:, i] = columns[name].fill_null("").to_numpy()
    return matrix
