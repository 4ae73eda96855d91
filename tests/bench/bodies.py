"""Requests of the Open Inference Protocol as JSON: the same application as each server can take it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from training.bundle import Field, Manifest, Rows

Matrix = npt.NDArray[np.float32]


def tensors(rows: Rows) -> bytes:
    """The three tensors of our graph."""
    parts = [
        _tensor("numeric", "FP32", rows.numeric.shape, _numbers(rows.numeric)),
        _tensor("categorical", "BYTES", rows.categorical.shape, rows.categorical.ravel().tolist()),
        _tensor("history", "FP32", rows.history.shape, _numbers(rows.history)),
    ]
    return _body(parts)


def fields(manifest: Manifest, rows: Rows, client: int | None = None) -> bytes:
    """One tensor a field of the first application, and its SK_ID_CURR if that is to bring its history."""
    parts = [_number(field, rows.numeric[0, i]) for i, field in enumerate(manifest.numeric)]
    for i, field in enumerate(manifest.categorical):
        parts.append(_tensor(field.name, "BYTES", [1], [rows.categorical[0, i] or None]))
    if client is not None:
        parts.append(_tensor("SK_ID_CURR", "INT64", [1], [client]))
    return _body(parts)


def matrix(values: Matrix) -> bytes:
    """The model's matrix [n, m] as one tensor."""
    return _body([_tensor("features", "FP32", values.shape, _numbers(values))])


def features(names: Sequence[str], row: Matrix) -> bytes:
    """One tensor a feature, of the ones named, of a row [m]."""
    return _body([_tensor(name, "FP32", [1], _numbers(row[i : i + 1])) for i, name in enumerate(names)])


def _number(field: Field, value: np.float32) -> dict[str, Any]:
    (number,) = _numbers(np.array([value]))
    if field.datatype == "INT64" and number is not None:
        number = int(number)
    return _tensor(field.name, field.datatype, [1], [number])


def _numbers(values: Matrix) -> list[float | None]:
    """As short as they can be written without another float32 being meant; NaN is null."""
    return [None if np.isnan(value) else float(str(value)) for value in values.ravel()]


def _tensor(name: str, datatype: str, shape: Iterable[int], data: list[Any]) -> dict[str, Any]:
    return {"name": name, "shape": list(shape), "datatype": datatype, "data": data}


def _body(inputs: list[dict[str, Any]]) -> bytes:
    return json.dumps({"inputs": inputs}, separators=(",", ":")).encode()
