"""Any valid application survives the way through JSON; any spoilt one is refused with a reason."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.protocol import rest
from serving.protocol.codec import Codec
from serving.protocol.errors import Refused
from training.bundle import Field, Manifest

NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=256)


def values_of(field: Field) -> st.SearchStrategy[Any]:
    if field.datatype == "BYTES":
        some: st.SearchStrategy[Any] = st.one_of(st.sampled_from(field.levels), TEXTS)
    elif field.datatype == "INT64":
        some = st.integers(-(2**24), 2**24)
    else:
        some = NUMBERS
    return some if field.required else st.none() | some


@st.composite
def requests(draw: st.DrawFn, fields: tuple[Field, ...], most: int = 4) -> list[dict[str, Any]]:
    """Inputs in any order, fields that are not required sometimes left out, flat or nested."""
    rows = draw(st.integers(1, most))
    tensors = []
    for field in draw(st.permutations(fields)):
        if not field.required and draw(st.booleans()):
            continue
        data: list[Any] = draw(st.lists(values_of(field), min_size=rows, max_size=rows))
        shape = draw(st.sampled_from([[rows], [rows, 1]]))
        if len(shape) == 2 and draw(st.booleans()):
            data = [[value] for value in data]
        tensors.append({"name": field.name, "shape": shape, "datatype": field.datatype, "data": data})
    return tensors


@pytest.fixture(scope="session")
def inputs(manifest: Manifest) -> st.SearchStrategy[list[dict[str, Any]]]:
    return requests(manifest.fields)


def flat(tensor: dict[str, Any]) -> list[Any]:
    return [value[0] if isinstance(value, list) else value for value in tensor["data"]]


@given(data=st.data())
def test_values_survive(
    data: st.DataObject, codec: Codec, manifest: Manifest, inputs: st.SearchStrategy[list[dict[str, Any]]]
) -> None:
    sent = data.draw(inputs)
    rows = codec.read(rest.decode(msgspec.json.encode({"inputs": sent})).inputs)
    by_name = {tensor["name"]: flat(tensor) for tensor in sent}
    for index, field in enumerate(manifest.numeric):
        expected = np.array(by_name.get(field.name, [None] * len(rows)), dtype=np.float32)
        np.testing.assert_array_equal(rows.numeric[:, index], expected)
    for index, field in enumerate(manifest.categorical):
        assert rows.categorical[:, index].tolist() == [text or "" for text in by_name.get(field.name, [""] * len(rows))]


SPOILERS = st.sampled_from(
    [
        lambda tensor: tensor | {"data": [*tensor["data"], *tensor["data"]]},
        lambda tensor: tensor | {"data": []},
        lambda tensor: tensor | {"data": [[[value]] for value in tensor["data"]]},
        lambda tensor: tensor | {"data": [{} for _ in tensor["data"]]},
        lambda tensor: tensor | {"data": [True for _ in tensor["data"]]},
        lambda tensor: tensor | {"data": ["5" if tensor["datatype"] != "BYTES" else 5 for _ in tensor["data"]]},
        lambda tensor: tensor | {"data": 5},
        lambda tensor: tensor | {"shape": [*tensor["shape"], 2]},
        lambda tensor: tensor | {"shape": [tensor["shape"][0] + 1]},
        lambda tensor: tensor | {"shape": []},
        lambda tensor: tensor | {"shape": None},
        lambda tensor: tensor | {"datatype": "BYTES" if tensor["datatype"] != "BYTES" else "FP64"},
        lambda tensor: tensor | {"datatype": "BOOL"},
        lambda tensor: tensor | {"name": None},
        lambda tensor: tensor | {"name": "numeric"},
        lambda tensor: {key: value for key, value in tensor.items() if key != "data"},
        lambda tensor: {key: value for key, value in tensor.items() if key != "shape"},
        lambda tensor: {key: value for key, value in tensor.items() if key != "datatype"},
        lambda tensor: [tensor],
    ]
)


@given(data=st.data(), spoil=SPOILERS)
def test_spoilt_request_is_refused(
    data: st.DataObject, spoil: Any, codec: Codec, inputs: st.SearchStrategy[list[dict[str, Any]]]
) -> None:
    sent: list[Any] = data.draw(inputs)
    position = data.draw(st.integers(0, len(sent) - 1))
    sent[position] = spoil(sent[position])
    with pytest.raises(Refused) as refused:
        codec.read(rest.decode(msgspec.json.encode({"inputs": sent})).inputs)
    assert 400 <= refused.value.status < 500
    assert ": expected " in str(refused.value)


@given(body=st.binary(max_size=200) | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_noise_is_refused(body: bytes, codec: Codec) -> None:
    with pytest.raises(Refused):
        codec.read(rest.decode(body).inputs)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(
    inputs=JSON, tensor=st.fixed_dictionaries({}, optional=dict.fromkeys(("name", "shape", "datatype", "data"), JSON))
)
def test_any_json_is_refused_or_read(inputs: Any, tensor: dict[str, Any], codec: Codec) -> None:
    for body in ({"inputs": inputs}, {"inputs": [tensor]}, inputs):
        with pytest.raises(Refused):
            codec.read(rest.decode(msgspec.json.encode(body)).inputs)
