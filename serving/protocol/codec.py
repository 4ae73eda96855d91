"""Conversion of tensors to the arrays of a bundle's graph, with a check of every value against the bundle's fields.

Usually nothing is wrong or unusual, and a few comparisons of whole arrays show this. Only if a comparison fails does
slower code search for the field and the row and build the message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from serving.protocol import warnings as judge
from serving.protocol.errors import Invalid, Refused, quote
from serving.protocol.shapes import column, count_rows, floats, texts
from serving.protocol.tensors import BYTES, FP32, FP64, Tensor
from serving.protocol.warnings import Findings
from training.bundle.manifest import Field, Manifest

Unknown = Literal["warn", "reject"]
"""The reaction to an unknown field, an unseen level or a value outside the range of training."""

CLIENT = "SK_ID_CURR"
"""The only named input that is not a field. It names the client whose history is added, and never enters a tensor."""

GRAPH = ("numeric", "categorical", "history")
"""The graph's own tensors, for callers that already have their features."""

_LIMIT = float(np.finfo(np.float32).max)
"""The largest number that a tensor of the graph can hold."""

Floats = npt.NDArray[np.float32]
Wide = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]


class Applications(msgspec.Struct, frozen=True):
    """The rows of a request in the form that a bundle scores."""

    numeric: Floats
    """[n, k] NaN means missing."""
    categorical: Texts
    """[n, c] of str; "" means missing."""
    history: Floats | None
    """[n, h] From the caller; None if the caller did not send it, so that it is looked up."""
    clients: Sequence[int | None] | None
    """SK_ID_CURR of each row, None for a new client; the whole value is None if it was not sent."""
    warnings: Mapping[int, tuple[str, ...]]
    """Row to its warnings; only rows with warnings are in it."""

    def __len__(self) -> int:
        return len(self.numeric)


class Codec:
    """Reads requests for one bundle; one instance serves all requests."""

    def __init__(self, manifest: Manifest, unknown: Unknown = "warn") -> None:
        self._reject = unknown == "reject"
        self._numeric = manifest.numeric
        self._categorical = manifest.categorical
        self._width = len(manifest.history)
        # A place is the column in `numeric`, or ~column in `categorical`. So one lookup gives column and type (sign).
        self._places = {field.name: index for index, field in enumerate(self._numeric)}
        self._places |= {field.name: ~index for index, field in enumerate(self._categorical)}
        self._plain = [_plain(field) for field in self._categorical]
        self._low = _bounds([field.minimum for field in self._numeric], -_LIMIT)
        self._high = _bounds([field.maximum for field in self._numeric], _LIMIT)
        self._whole = np.flatnonzero([field.datatype == "INT64" for field in self._numeric])
        self._required = np.array([field.required for field in self._numeric], dtype=bool)

    def read(self, tensors: Sequence[Tensor]) -> Applications:
        """The rows of all tensors together.

        Raises Refused with the field or `inputs[i]` if a tensor does not fit the model's fields.
        """
        names = {tensor.name for tensor in tensors}
        if len(names) != len(tensors):
            raise _twice(tensors)
        rows = count_rows(tensors)
        findings = Findings(self._reject)
        history: Floats | None = None
        if names.isdisjoint(GRAPH):
            wide, columns, clients = self._named(tensors, rows, findings)
        else:
            wide, columns, history, clients = self._graph({tensor.name: tensor for tensor in tensors}, rows)
        return Applications(
            numeric=self._check_numbers(wide, findings),
            categorical=self._check_texts(columns, rows, findings),
            history=history,
            clients=clients,
            warnings=findings.by_row(rows),
        )

    def _named(
        self, tensors: Sequence[Tensor], rows: int, findings: Findings
    ) -> tuple[Wide, list[list[str | None]], list[int | None] | None]:
        """The arrays from one tensor per field: [n, k], c lists of n, and the clients."""
        single = rows == 1
        empty: list[Any] = [None] * rows
        numbers: list[Any] = [None if single else empty] * len(self._numeric)
        columns: list[list[Any]] = [empty] * len(self._categorical)
        clients, strangers = None, []
        flat = [rows]
        for tensor in tensors:
            data: list[Any] = tensor.data
            # For a single flat value this test replaces the call of `column`, which is slower.
            if not single or tensor.shape != flat or len(data) != 1 or type(data[0]) is list:
                data = column(tensor, rows)
            place = self._places.get(tensor.name)
            if place is None:
                if tensor.name == CLIENT:
                    clients = _clients(tensor, data)
                else:
                    strangers.append(tensor.name)
            elif (place < 0) is not (tensor.__class__ is BYTES):
                raise judge.wrong_datatype(self._field(place), tensor.datatype)
            elif place < 0:
                columns[~place] = data
            else:
                numbers[place] = data[0] if single else data
        if strangers:
            findings.unknown(strangers)
        wide = np.array(numbers, dtype=np.float64).reshape(len(numbers), rows).T
        return wide, columns, clients

    def _graph(
        self, tensors: Mapping[str, Tensor], rows: int
    ) -> tuple[Wide, list[list[str | None]], Floats | None, list[int | None] | None]:
        """The arrays from the graph's own tensors; `history` is optional, and SK_ID_CURR may be sent too."""
        for position, name in enumerate(tensors):
            if name not in GRAPH and name != CLIENT:
                expected = f"nothing but {', '.join(GRAPH)} and {CLIENT} beside one of the graph's own tensors"
                raise Invalid(f"inputs[{position}]", expected, quote(name))
        wide = self._floats(tensors, "numeric", rows, len(self._numeric))
        categorical: list[list[str | None]] = []
        if self._categorical:
            tensor = _tensor(tensors, "categorical")
            if not isinstance(tensor, BYTES):
                raise Invalid("categorical", "datatype BYTES", tensor.datatype)
            categorical = texts(tensor, rows, len(self._categorical))
        history = None
        if "history" in tensors:
            wider = self._floats(tensors, "history", rows, self._width)
            if not _within(wider, -_LIMIT, _LIMIT):
                beyond = float(wider[np.abs(wider) > _LIMIT][0])
                raise Invalid("history", "numbers that a 32-bit float can hold", quote(beyond))
            history = _narrow(wider)
        client = tensors.get(CLIENT)
        return wide, categorical, history, None if client is None else _clients(client, column(client, rows))

    def _floats(self, tensors: Mapping[str, Tensor], name: str, rows: int, width: int) -> Wide:
        if not width and name not in tensors:
            return np.empty((rows, 0))
        tensor = _tensor(tensors, name)
        if isinstance(tensor, BYTES):
            raise Invalid(name, "datatype FP32 or FP64", tensor.datatype)
        return floats(tensor, rows, width)

    def _check_numbers(self, wide: Wide, findings: Findings) -> Floats:
        """The numbers [n, k] for the graph; single values are inspected only if one is unusual."""
        numeric = _narrow(wide) if _within(wide, self._low, self._high) else self._judge_numbers(wide, findings)
        whole = wide.take(self._whole, axis=1)
        if _any(whole - np.floor(whole) > 0):
            place = int(self._whole[np.argmax((whole - np.floor(whole) > 0).any(axis=0))])
            judge.inspect_fractions(self._numeric[place], wide[:, place])
        missing = np.isnan(numeric) & self._required
        if _any(missing):
            row, index = np.argwhere(missing)[0].tolist()
            raise judge.missing(self._numeric[index], row)
        return numeric

    def _judge_numbers(self, wide: Wide, findings: Findings) -> Floats:
        """Inspect numbers, some of which are outside the range of training.

        Numbers that 32 bits cannot hold become infinite and are refused.
        """
        with np.errstate(over="ignore"):
            numeric = _narrow(wide)
        # Both numbers and bounds are 32-bit floats here, so that 0.1 is not outside a range that ends at 0.1.
        low, high = self._low.astype(np.float32), self._high.astype(np.float32)
        for row, index in np.argwhere((numeric < low) | (numeric > high)).tolist():
            sent, held = float(wide[row, index]), float(numeric[row, index])
            judge.inspect_number(self._numeric[index], sent, held, row, findings)
        return numeric

    def _check_texts(self, columns: Sequence[list[str | None]], rows: int, findings: Findings) -> Texts:
        """The texts [n, c] for the graph; single values are inspected only if one is unusual."""
        for field, plain, values in zip(self._categorical, self._plain, columns, strict=True):
            if not (values[0] in plain if rows == 1 else plain.issuperset(values)):
                judge.inspect_texts(field, values, findings)
        array = np.empty((rows, len(columns)), dtype=object)
        if rows == 1:
            array[0] = [values[0] or "" for values in columns]
        elif columns:
            array[:] = [[value or "" for value in row] for row in zip(*columns, strict=True)]
        return array

    def _field(self, place: int) -> Field:
        return self._numeric[place] if place >= 0 else self._categorical[~place]


def _plain(field: Field) -> frozenset[str | None]:
    """The texts of a field that are neither wrong nor unusual."""
    usual: set[str | None] = {*field.levels, *(value for value in field.anomalies if isinstance(value, str))}
    if not field.required:
        usual |= {None, ""}
    return frozenset(usual)


def _bounds(values: Sequence[float | None], otherwise: float) -> Wide:
    """Bounds, rounded to the 32-bit floats with which values are compared."""
    return np.array([otherwise if value is None else np.float32(value) for value in values], dtype=np.float64)


def _within(values: Wide, low: Wide | float, high: Wide | float) -> bool:
    """Whether every number is within its bounds or missing; bytes are compared, so that NaN equals itself."""
    return np.minimum(np.maximum(values, low), high).tobytes() == values.tobytes()


def _any(flags: npt.NDArray[np.bool_]) -> bool:
    """A faster `flags.any()`: numpy's version goes through Python, which costs more than all arithmetic of a row."""
    return b"\1" in flags.tobytes()


def _narrow(wide: Wide) -> Floats:
    return np.ascontiguousarray(wide, dtype=np.float32)


def _tensor(tensors: Mapping[str, Tensor], name: str) -> Tensor:
    if name not in tensors:
        raise Invalid("inputs", f"the tensor {name} beside the graph's others", "none of that name")
    return tensors[name]


def _twice(tensors: Sequence[Tensor]) -> Refused:
    first: dict[str, int] = {}
    position = next(index for index, tensor in enumerate(tensors) if first.setdefault(tensor.name, index) != index)
    return Invalid(f"inputs[{position}]", "each name once", f"{quote(tensors[position].name)} again")


def _clients(tensor: Tensor, values: Sequence[Any]) -> list[int | None]:
    """SK_ID_CURR of each row: whole numbers of any numeric datatype."""
    if isinstance(tensor, BYTES):
        raise Invalid(CLIENT, "datatype INT64", tensor.datatype)
    if isinstance(tensor, FP32 | FP64):
        # from here on one float stands for several whole numbers, so for several clients
        exact = 1 << (24 if isinstance(tensor, FP32) else 53)
        for value in values:
            if value is not None and (value % 1 or abs(value) >= exact):
                raise Invalid(CLIENT, f"a whole number below {exact:,}, or datatype INT64", quote(value))
        return [None if value is None else int(value) for value in values]
    return list(values)
