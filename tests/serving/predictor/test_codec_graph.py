"""The graph's own tensors."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from serving.protocol import rest
from serving.protocol.codec import Applications, Codec
from serving.protocol.errors import Refused

NUMERIC = [135_000, 568_800, 2, -637, 0.5, 0.25, None]


def graph(rows: int = 1, **others: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        "numeric": {"name": "numeric", "shape": [rows, 7], "datatype": "FP32", "data": NUMERIC * rows},
        "categorical": {
            "name": "categorical",
            "shape": [rows, 2],
            "datatype": "BYTES",
            "data": ["Working", "F"] * rows,
        },
        "history": {"name": "history", "shape": [rows, 2], "datatype": "FP32", "data": [1.5, None] * rows},
    } | others


def read(codec: Codec, inputs: dict[str, dict[str, Any]]) -> Applications:
    return codec.read(rest.decode(msgspec.json.encode({"inputs": list(inputs.values())})).inputs)


@pytest.mark.parametrize("rows", [1, 3])
def test_graph_tensors_become_arrays(codec: Codec, rows: int) -> None:
    found = read(codec, graph(rows))
    expected = np.array([NUMERIC] * rows, dtype=np.float32)
    np.testing.assert_array_equal(found.numeric, expected)
    assert found.categorical.tolist() == [["Working", "F"]] * rows
    np.testing.assert_array_equal(found.history, np.array([[1.5, np.nan]] * rows, dtype=np.float32))


def test_nested_rows_are_taken(codec: Codec) -> None:
    inputs = graph(2)
    for tensor, width in zip(inputs.values(), (7, 2, 2), strict=True):
        tensor["data"] = [tensor["data"][:width]] * 2
    np.testing.assert_array_equal(read(codec, inputs).numeric, read(codec, graph(2)).numeric)


def test_history_may_be_left_out(codec: Codec) -> None:
    inputs = graph()
    del inputs["history"]
    assert read(codec, inputs).history is None


def test_client_may_stand_beside(codec: Codec) -> None:
    client = {"name": "SK_ID_CURR", "shape": [1], "datatype": "INT64", "data": [100_001]}
    found = read(codec, graph(SK_ID_CURR=client))
    assert found.clients == [100_001]
    assert found.history is not None


@pytest.mark.parametrize(
    ("name", "change", "complaint"),
    [
        ("numeric", {"shape": [1, 6]}, "numeric: expected shape \\[1, 7\\], got shape \\[1, 6\\]"),
        ("numeric", {"data": NUMERIC[:-1]}, "numeric: expected 7 values for shape \\[1, 7\\], got 6"),
        ("numeric", {"data": [[*NUMERIC, 1]]}, "numeric: expected a list of 7 values in row 0, got 8"),
        ("numeric", {"data": [NUMERIC, *NUMERIC[1:]]}, "numeric: expected 1 rows"),
        ("numeric", {"data": [[value] for value in NUMERIC]}, "numeric: expected 1 rows"),
        ("numeric", {"data": [1e39, *NUMERIC[1:]]}, "AMT_INCOME_TOTAL: expected a number that a 32-bit"),
        ("numeric", {"data": [None, *NUMERIC[1:]]}, "AMT_INCOME_TOTAL: expected a value"),
        ("numeric", {"data": ["5", *NUMERIC[1:]]}, "numeric: expected values of datatype FP32 or null, got the text"),
        ("numeric", {"datatype": "BYTES", "data": ["1"] * 7}, "numeric: expected datatype FP32 or FP64, got BYTES"),
        ("numeric", {"name": "AMT_CREDIT", "shape": [1], "data": [1]}, "inputs\\[0\\]: expected nothing but numeric"),
        ("numeric", {"name": "history", "shape": [1, 2], "data": [1, 1]}, "each name once"),
        ("categorical", {"data": [["Working"], ["F"]]}, "categorical: expected 1 rows"),
        ("categorical", {"data": ["Working", "x" * 300]}, "CODE_GENDER: expected at most 256"),
        ("categorical", {"datatype": "FP32", "data": [1, 2]}, "categorical: expected datatype BYTES, got FP32"),
        ("history", {"data": [1e39, 1]}, "history: expected numbers that a 32-bit"),
        ("history", {"shape": [2, 2], "data": [1, 1, 1, 1]}, "history: expected shape \\[1, 2\\]"),
    ],
)
def test_unfit_tensor_is_refused(codec: Codec, name: str, change: dict[str, Any], complaint: str) -> None:
    inputs = graph()
    inputs[name] = inputs[name] | change
    with pytest.raises(Refused, match=complaint):
        read(codec, inputs)


@pytest.mark.parametrize("name", ["numeric", "categorical"])
def test_no_half_of_a_graph(codec: Codec, name: str) -> None:
    inputs = graph()
    del inputs[name]
    with pytest.raises(Refused, match=f"inputs: expected the tensor {name}"):
        read(codec, inputs)
