"""Rows of a file of applications as the tensors that a caller would send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from serving.protocol.codec import CLIENT
from serving.protocol.tensors import BYTES, FP64, INT64, Tensor
from training.bundle import Manifest

_TENSORS: Mapping[str, type[Tensor]] = {"BYTES": BYTES, "FP64": FP64, "INT64": INT64}


class FileError(Exception):
    """A file is not a file of applications; the message names the file and, if known, row and field."""


@dataclass(frozen=True)
class FileBatch:
    """Some rows of a file, in its order."""

    rows: int
    columns: Mapping[str, Sequence[Any]]
    """By field: int, float or str as the field's datatype asks, None if missing."""
    errors: Mapping[int, str]
    """By row of the batch, from 0: what cannot be read in it."""
    others: tuple[str, ...]
    """Columns of the file that are not fields of the model."""

    def tensors(self, manifest: Manifest, rows: Sequence[int], *, others: bool) -> list[Tensor]:
        """Some of the rows; `others` sends the names of the other columns too, so that the model refuses them."""
        datatypes = {field.name: field.datatype for field in manifest.fields} | {CLIENT: "INT64"}
        tensors = [
            _TENSORS[datatypes[name]](name=name, shape=[len(rows)], data=[values[row] for row in rows])
            for name, values in self.columns.items()
        ]
        unknown: list[Tensor] = [
            BYTES(name=name, shape=[len(rows)], data=[None] * len(rows)) for name in self.others if others
        ]
        return tensors + unknown
