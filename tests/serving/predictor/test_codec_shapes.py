"""Shapes, and data that fits them or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from serving.protocol import rest
from serving.protocol.codec import Codec
from serving.protocol.errors import Refused, TooLarge


def income(shape: Any, data: Any) -> list[dict[str, Any]]:
    return [{"name": "AMT_INCOME_TOTAL", "shape": shape, "datatype": "FP64", "data": data}]


def read(codec: Codec, inputs: Any) -> list[float]:
    values: list[float] = codec.read(rest.decode(msgspec.json.encode({"inputs": inputs})).inputs).numeric[:, 0].tolist()
    return values


@pytest.mark.parametrize(
    ("shape", "data"),
    [
        ([1], [50_000]),
        ([1, 1], [50_000]),
        ([1, 1], [[50_000]]),
        ([2, 1], [[50_000], [50_000]]),
        ([2, 1], [50_000, 50_000]),
    ],
)
def test_flat_and_nested_are_taken(codec: Codec, shape: list[int], data: Any) -> None:
    assert read(codec, income(shape, data)) == [50_000] * shape[0]


@pytest.mark.parametrize(
    ("shape", "data", "complaint"),
    [
        ([], [], "a shape that begins with the number of applications, got shape \\[\\]"),
        ([0], [], "the number of applications, got shape \\[0\\]"),
        ([-1], [50_000], "the number of applications"),
        ([2], [50_000], "expected data for shape \\[2\\], got 1 values"),
        ([1], [50_000, 60_000], "expected 1 values for shape \\[1\\], got 2"),
        ([1, 2], [50_000, 60_000], "expected shape \\[1\\] or \\[1, 1\\], got shape \\[1, 2\\]"),
        ([1, 1, 1], [50_000], "got shape \\[1, 1, 1\\]"),
        ([1], [[50_000]], "expected a flat list"),
        ([2, 1], [[50_000], 60_000], "a list of 1 values in row 1"),
        ([2, 1], [[50_000], [1, 2]], "a list of 1 values in row 1, got 2 values"),
        ([2], [50_000, [60_000]], "expected a flat list"),
        ([2, 1], [[[50_000]], [[1]]], "values of datatype FP64"),
        ([2**80], [50_000], "expected data for shape"),
        ([10**12], [50_000], "expected data for shape"),
        (["1"], [50_000], "shape: expected a list of whole numbers"),
        ([1.0], [50_000], "shape: expected a list of whole numbers"),
        ([True], [50_000], "shape: expected a list of whole numbers"),
        (1, [50_000], "shape: expected a list of whole numbers, got the number 1"),
        ([1], 50_000, "data: expected a list, got the number 50000"),
        ([1], None, "data: expected a list, got null"),
    ],
)
def test_misfit_is_refused(codec: Codec, shape: Any, data: Any, complaint: str) -> None:
    with pytest.raises(Refused, match=f"AMT_INCOME_TOTAL:? .*{complaint}"):
        read(codec, income(shape, data))


def test_inputs_must_agree_on_rows(codec: Codec) -> None:
    other = {"name": "AMT_CREDIT", "shape": [1], "datatype": "FP64", "data": [50_000]}
    with pytest.raises(Refused, match="AMT_CREDIT: expected shape \\[2\\] or \\[2, 1\\], got shape \\[1\\]"):
        read(codec, [*income([2], [50_000, 60_000]), other])


def test_a_name_comes_once(codec: Codec) -> None:
    with pytest.raises(Refused, match='inputs\\[1\\]: expected each name once, got "AMT_INCOME_TOTAL" again'):
        read(codec, income([1], [50_000]) * 2)


def test_empty_batch_is_refused(codec: Codec) -> None:
    with pytest.raises(Refused, match="inputs: expected one tensor or more, got none"):
        read(codec, [])


def test_wild_name_is_quoted(codec: Codec, tensors: Callable[..., Any]) -> None:
    wild = {"name": "\n" * 500, "shape": [3], "datatype": "FP64", "data": [1]}
    with pytest.raises(Refused) as refused:
        read(codec, [*income([1], [50_000]), wild])
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


def test_repeated_name_is_found_among_many(codec: Codec) -> None:
    names = [*(f"X{number}" for number in range(100_000)), "X99999"]
    inputs = [{"name": name, "shape": [1], "datatype": "INT8", "data": [1]} for name in names]
    with pytest.raises(Refused, match=r'inputs\[100000\]: expected each name once, got "X99999" again'):
        read(codec, inputs)


def test_many_applications_are_too_large(codec: Codec) -> None:
    with pytest.raises(TooLarge, match="10001 applications are more than 10000: send fewer rows, or use"):
        read(codec, income([10_001], [50_000] * 10_001))
