"""What a field takes, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from serving.protocol import rest
from serving.protocol.codec import Applications, Codec
from serving.protocol.errors import Refused
from training.bundle import Manifest

Tensors = Callable[..., list[dict[str, Any]]]


def read(codec: Codec, inputs: list[dict[str, Any]]) -> Applications:
    return codec.read(rest.decode(msgspec.json.encode({"inputs": inputs})).inputs)


def test_named_fields_become_arrays(codec: Codec, application: dict[str, Any], tensors: Tensors) -> None:
    rows = read(codec, tensors(application))
    expected = [135_000, 568_800, 2, -637, 0.5, 0.25, np.nan]
    np.testing.assert_array_equal(rows.numeric, np.array([expected], dtype=np.float32))
    assert rows.categorical.tolist() == [["Working", "F"]]
    assert rows.history is None
    assert rows.clients is None
    assert not rows.warnings


def test_order_of_inputs_is_free(codec: Codec, application: dict[str, Any], tensors: Tensors) -> None:
    rows = read(codec, tensors(application)[::-1])
    assert rows.numeric[0, 0] == 135_000


def test_absent_and_null_are_missing(codec: Codec, tensors: Tensors) -> None:
    rows = read(codec, tensors({"AMT_INCOME_TOTAL": 50_000, "AMT_CREDIT": None, "CODE_GENDER": None}))
    assert np.isnan(rows.numeric[0, 1:]).all()
    assert rows.categorical.tolist() == [["", ""]]


@pytest.mark.parametrize("value", [None, "absent"])
def test_required_field_must_be_there(codec: Codec, application: dict[str, Any], tensors: Tensors, value: Any) -> None:
    application["AMT_INCOME_TOTAL"] = None
    inputs = tensors(application)[value == "absent" :]
    with pytest.raises(Refused, match="AMT_INCOME_TOTAL: expected a value"):
        read(codec, inputs)


@pytest.mark.parametrize("absent", ["CNT_CHILDREN", "CODE_GENDER"])
def test_unused_field_may_be_absent(
    manifest: Manifest, application: dict[str, Any], tensors: Tensors, absent: str
) -> None:
    features = tuple(feature for feature in manifest.features if absent not in feature.made_from)
    fields = tuple(replace(field, required=True) for field in manifest.fields)
    never_missed = replace(manifest, fields=fields, features=features)
    application["EXT_SOURCE_3"] = 0.5
    del application[absent]
    rows = read(Codec(never_missed), tensors(application))
    assert np.isnan(rows.numeric[0, 2]) == (absent == "CNT_CHILDREN")
    assert rows.categorical[0, 1] == ("" if absent == "CODE_GENDER" else "F")


@pytest.mark.parametrize(
    ("datatype", "value"),
    [
        ("FP64", 3.0),
        ("FP64", 3),
        ("FP32", 3),
        *((f"{sign}INT{bits}", 3) for sign in ("", "U") for bits in (8, 16, 32, 64)),
    ],
)
@pytest.mark.parametrize("name", ["AMT_CREDIT", "CNT_CHILDREN"])
def test_numbers_come_as_any_numeric_type(codec: Codec, tensors: Tensors, name: str, datatype: str, value: Any) -> None:
    inputs = tensors({"AMT_INCOME_TOTAL": 50_000, name: value})
    inputs[1]["datatype"] = datatype
    rows = read(codec, inputs)
    assert 3.0 in rows.numeric[0]


@pytest.mark.parametrize(
    ("name", "datatype", "value", "complaint"),
    [
        ("AMT_CREDIT", "FP64", "5", 'AMT_CREDIT: expected values of datatype FP64 or null, got the text "5"'),
        ("AMT_CREDIT", "FP64", True, "AMT_CREDIT: .*got true"),
        ("AMT_CREDIT", "FP64", {}, "AMT_CREDIT: .*got an object"),
        ("AMT_CREDIT", "FP64", 1e39, "AMT_CREDIT: expected a number that a 32-bit float can hold, got 1e\\+39"),
        ("AMT_CREDIT", "FP64", 10**400, "AMT_CREDIT|body"),
        ("AMT_CREDIT", "INT8", 300, "AMT_CREDIT: expected values of datatype INT8 or null, got the number 300"),
        ("AMT_CREDIT", "UINT8", -1, "AMT_CREDIT: .*UINT8.*-1"),
        ("AMT_CREDIT", "INT64", 2**63, "AMT_CREDIT: .*INT64"),
        ("AMT_CREDIT", "BYTES", "5", "AMT_CREDIT: expected datatype FP64.*got BYTES"),
        ("AMT_CREDIT", "BOOL", True, "AMT_CREDIT: datatype: expected FP64"),
        ("AMT_CREDIT", "FP16", 1.0, "AMT_CREDIT: datatype: expected FP64"),
        ("CNT_CHILDREN", "INT64", 1.5, "CNT_CHILDREN: expected values of datatype INT64 or null, got the number 1.5"),
        ("CNT_CHILDREN", "FP64", 1.5, "CNT_CHILDREN: expected a whole number, got 1.5"),
        ("CODE_GENDER", "BYTES", 5, "CODE_GENDER: .*BYTES.*the number 5"),
        ("CODE_GENDER", "INT64", 5, "CODE_GENDER: expected datatype BYTES, got INT64"),
        ("CODE_GENDER", "BYTES", "x" * 257, "CODE_GENDER: expected at most 256 characters, got 257"),
        ("CODE_GENDER", "BYTES", "M\0", "CODE_GENDER: expected a text without NUL"),
        ("SK_ID_CURR", "BYTES", "5", "SK_ID_CURR: expected datatype INT64, got BYTES"),
        ("SK_ID_CURR", "FP64", 1.5, "SK_ID_CURR: expected a whole number"),
        ("SK_ID_CURR", "FP64", 1e300, "SK_ID_CURR: expected a whole number"),
        ("SK_ID_CURR", "FP64", 2.0**53, "SK_ID_CURR: expected a whole number below 9,007,199,254,740,992, or datatype"),
        ("SK_ID_CURR", "FP32", 2.0**24, "SK_ID_CURR: expected a whole number below 16,777,216, or datatype INT64"),
    ],
)
def test_unfit_value_is_refused(
    codec: Codec, tensors: Tensors, name: str, datatype: str, value: Any, complaint: str
) -> None:
    inputs = [
        *tensors({"AMT_INCOME_TOTAL": 50_000}),
        {"name": name, "shape": [1], "datatype": datatype, "data": [value]},
    ]
    content = (
        msgspec.json.encode({"inputs": inputs}) if not isinstance(value, int) or value < 2**60 else _by_hand(inputs)
    )
    with pytest.raises(Refused, match=complaint):
        codec.read(rest.decode(content).inputs)


def _by_hand(inputs: list[dict[str, Any]]) -> bytes:
    """JSON with a number that an encoder would not write."""
    huge = str(inputs[1]["data"][0]).encode()
    inputs[1]["data"] = ["HUGE"]
    return msgspec.json.encode({"inputs": inputs}).replace(b'"HUGE"', huge)


def test_refusal_names_the_row(codec: Codec, application: dict[str, Any], tensors: Tensors) -> None:
    inputs = tensors(application, application, {**application, "AMT_INCOME_TOTAL": None})
    with pytest.raises(Refused, match=r"AMT_INCOME_TOTAL: .* in row 2"):
        read(codec, inputs)


@pytest.mark.parametrize(("value", "client"), [(100_001, 100_001), (None, None), (2**63 - 1, 2**63 - 1)])
def test_client_is_no_field(
    codec: Codec, application: dict[str, Any], tensors: Tensors, value: Any, client: Any
) -> None:
    rows = read(codec, tensors({"SK_ID_CURR": value, **application}))
    assert rows.clients == [client]
    assert not rows.warnings
