"""Checks of a tensor's shape against its data."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from serving.protocol.errors import Invalid, TooLarge
from serving.protocol.tensors import Tensor

MOST_ROWS = 10_000
"""The most applications in a request.

A body of 8 MB could announce millions of them with one narrow tensor. All other columns would then be filled to that
length before any check, which takes gigabytes.
"""


def count_rows(tensors: Sequence[Tensor]) -> int:
    """The number of applications: the first dimension of the first tensor, which must have enough data for it."""
    first = tensors[0]
    rows = first.shape[0] if first.shape else 0
    if rows < 1:
        raise Invalid(first.label, "a shape that begins with the number of applications", f"shape {_show(first.shape)}")
    if rows > len(first.data):
        raise Invalid(first.label, f"data for shape {_show(first.shape)}", f"{len(first.data)} values")
    if rows > MOST_ROWS:
        raise TooLarge(f"{rows} applications are more than {MOST_ROWS}")
    return rows


def column(tensor: Tensor, rows: int) -> list[Any]:
    """The values of a named field, one per row; its shape may be [n] or [n, 1]."""
    if tensor.shape not in ([rows], [rows, 1]):
        raise Invalid(tensor.label, f"shape [{rows}] or [{rows}, 1]", f"shape {_show(tensor.shape)}")
    return _flat(tensor)


def floats(tensor: Tensor, rows: int, width: int) -> npt.NDArray[np.float64]:
    """The numbers [n, width] of one of the graph's tensors; null is NaN."""
    _check_shape(tensor, rows, width)
    try:
        array = np.array(tensor.data, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.empty(0)  # uneven nesting; `_flat` reports the place
    if array.shape in ((rows * width,), (rows, width)):
        return array.reshape(rows, width)
    return np.array(_flat(tensor), dtype=np.float64).reshape(rows, width)


def texts(tensor: Tensor, rows: int, width: int) -> list[list[Any]]:
    """The texts of one of the graph's tensors, column by column."""
    _check_shape(tensor, rows, width)
    values = _flat(tensor)
    return [values[index::width] for index in range(width)]


def _check_shape(tensor: Tensor, rows: int, width: int) -> None:
    if tensor.shape != [rows, width]:
        raise Invalid(tensor.label, f"shape [{rows}, {width}]", f"shape {_show(tensor.shape)}")


def _flat(tensor: Tensor) -> list[Any]:
    data: list[Any] = tensor.data
    shape = tensor.shape
    if list not in map(type, data):
        size = shape[0] * shape[-1] if len(shape) == 2 else shape[0]
        if len(data) != size:
            raise Invalid(tensor.label, f"{size} values for shape {_show(shape)}", f"{len(data)}")
        return data
    if len(shape) == 1:
        raise Invalid(tensor.label, f"a flat list for shape {_show(shape)}", "a nested one")
    if len(data) != shape[0]:
        raise Invalid(tensor.label, f"{shape[0]} rows for shape {_show(shape)}", f"{len(data)}")
    for row, values in enumerate(data):
        if type(values) is not list or len(values) != shape[1]:
            got = f"{len(values)} values" if type(values) is list else "none"
            raise Invalid(tensor.label, f"a list of {shape[1]} values in row {row}", got)
    return list(chain.from_iterable(data))


def _show(shape: Sequence[int]) -> str:
    """A shape for an error message, shortened because a caller may send any length and size."""
    shown = ", ".join(str(size) if size.bit_length() < 64 else "…" for size in shape[:4])
    return f"[{shown}, …]" if len(shape) > 4 else f"[{shown}]"
