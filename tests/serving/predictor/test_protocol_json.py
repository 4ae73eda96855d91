"""Bodies that are no requests, and what an answer looks like."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from serving.protocol import rest
from serving.protocol.answer import Answer, Parameters, choose
from serving.protocol.errors import Refused

TENSOR = b'{"name": "A", "shape": [1], "datatype": "FP64", "data": [1]}'


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "body: expected JSON, got something else"),
        (b"inputs", "body: expected JSON"),
        (b"\xff\xfe{}", "body: expected JSON"),
        (b"[]", "body: expected an object with `inputs`, got a list of 0"),
        (b"null", "body: expected an object with `inputs`, got null"),
        (b"{}", "inputs: expected a list of tensors, got nothing"),
        (b'{"inputs": {}}', "inputs: expected a list of tensors, got an object"),
        (b'{"inputs": []}', "inputs: expected one tensor or more, got none"),
        (b'{"inputs": [5]}', "inputs\\[0\\]: expected an object with name, shape, datatype and data, got the number 5"),
        (b'{"inputs": [%s, {}]}' % TENSOR, "inputs\\[1\\].name: expected a text, got nothing"),
        (b'{"inputs": [{"name": 5}]}', "inputs\\[0\\].name: expected a text, got the number 5"),
        (b'{"inputs": [{"name": "A"}]}', "A: datatype: expected FP64.*got null"),
        (b'{"inputs": [%s]' % TENSOR, "body: expected JSON"),
        (b'{"inputs": [%s]} x' % TENSOR, "body: expected JSON"),
        (b'{"inputs": [%s]}' % TENSOR.replace(b"[1]}", b"[NaN]}"), "body: expected JSON"),
        (b'{"inputs": [%s]}' % TENSOR.replace(b"[1]}", b"[-Infinity]}"), "body: expected JSON"),
        (b'{"inputs": [%s]}' % TENSOR.replace(b"[1]}", b"[1e999]}"), "A: .*got a number beyond 64 bits in data"),
        (b'{"inputs": [%s]}' % TENSOR.replace(b"[1]}", b"[01]}"), "body: expected JSON"),
        (b'{"inputs": [%s]}' % TENSOR.replace(b"[1]}", b"[" + b"9" * 400 + b"]}"), "A: .*beyond 64 bits in data"),
        (b'{"inputs": [%s]}' % TENSOR.replace(b"[1]}", b"[" + b"9" * 9000 + b"]}"), "body: expected JSON|beyond"),
        (b'{"inputs": [%s]}' % TENSOR.replace(b'"A"', b'"\\ud800"'), "body: expected JSON"),
        (b'{"inputs": [%s]}' % TENSOR.replace(b'"A"', b'"\\udc00x"'), "body: expected JSON"),
        (b'{"inputs": [%s]}' % TENSOR.replace(b'"A"', b'"\xff"'), "body: expected texts in UTF-8"),
        (b'{"inputs": [%s]}' % TENSOR.replace(b'"A"', b'"\xed\xa0\x80"'), "body: expected texts in UTF-8"),
        (b'{"inputs": [%s], "\xff": 1}' % TENSOR, "body: expected texts in UTF-8"),
        (b'{"inputs": [%s], "x": "\xff"}' % TENSOR, "body: expected texts in UTF-8"),
        (b'{"inputs": [%s], "x": [{"y": "\xed\xa0\x80"}]}' % TENSOR, "body: expected texts in UTF-8"),
        (b'{"inputs": [%s], "x": [{"\xc0\x80": 1}]}' % TENSOR, "body: expected texts in UTF-8"),
        (b'{"inputs": [%s]}' % TENSOR.replace(b'"A",', b'"A", "\xff": 1,'), "body: expected texts in UTF-8"),
        (b'{"inputs": [%s], "outputs": [{"name": "classe", "\xff": 1}]}' % TENSOR, "body: expected texts in UTF-8"),
        (b'{"inputs": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested a few levels deep"),
        (b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested a few levels deep"),
        (b'{"inputs": [%s], "parameters": 5}' % TENSOR, "parameters"),
        (b'{"inputs": [%s], "id": 5}' % TENSOR, "id"),
        (
            b'{"inputs": [%s], "id": "%s"}' % (TENSOR, b"x" * 129),
            "id: expected at most 128 characters without control characters",
        ),
        (b'{"inputs": [%s], "id": "a\\nb"}' % TENSOR, 'id: expected .* got "a\\\\nb"'),
        (b'{"inputs": [%s], "id": "a\xc2\x85b"}' % TENSOR, 'id: expected .* got "a\\\\u0085b"'),
        (b'{"inputs": [%s], "id": "a\\u007f"}' % TENSOR, 'id: expected .* got "a\\\\u007f"'),
        (b'{"inputs": [%s], "id": "\\ud83d"}' % TENSOR, "body: expected JSON"),
        (b'{"inputs": [%s], "outputs": [5]}' % TENSOR, "outputs"),
        (
            b'{"inputs": [{"name": "A", "shape": [1], "datatype": "FP64", "parameters": {"binary_data_size": 8}}]}',
            "A: parameters.binary_data_size: expected none: `data` is sent as JSON .*, got 8",
        ),
    ],
)
def test_body_is_refused(body: bytes, complaint: str) -> None:
    with pytest.raises(Refused, match=complaint):
        rest.decode(body)


TEXT = {"name": "A", "shape": [1], "datatype": "BYTES", "data": ["V29ya2luZw=="]}


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("content_type", "base64", 'parameters.content_type: expected str, np, pd or none.*, got "base64"'),
        ("content_type", "datetime", 'got "datetime"'),
        ("content_type", "hg_json", 'got "hg_json"'),
        ("content_type", "raw", 'got "raw"'),
        ("content_type", 5, "got 5"),
        ("content_type", ["str"], "got a list of 1"),
        ("binary_data_size", 12, "parameters.binary_data_size: expected none"),
        (
            "shared_memory_region",
            "r",
            'parameters.shared_memory_region: expected none: `data` is sent as JSON, got "r"',
        ),
        ("classification", 2, "parameters.classification: expected none or 0, got 2"),
    ],
)
def test_parameter_that_changes_a_value_is_refused(name: str, value: object, complaint: str) -> None:
    parameters = {"parameters": {name: value}}
    for body, place in (
        ({"inputs": [TEXT, {**TEXT, "name": "B", **parameters}]}, "B: "),
        ({"inputs": [TEXT], "outputs": [{"name": "classe", **parameters}]}, r"outputs\[0\]\."),
        ({"inputs": [TEXT], **parameters}, ""),
    ):
        with pytest.raises(Refused, match=f"^{place}.*{complaint}"):
            rest.decode(msgspec.json.encode(body))


def test_parameters_that_are_no_object_are_refused() -> None:
    with pytest.raises(Refused, match=r"^A: parameters: expected an object, got a list of 0$"):
        rest.decode(msgspec.json.encode({"inputs": [{**TEXT, "parameters": []}]}))


@pytest.mark.parametrize(
    "parameters",
    [
        None,
        {},
        {"content_type": None},
        {"content_type": "str"},
        {"content_type": "np", "binary_data": True, "classification": 0},
        {"content_type": "pd", "headers": {"x-b3-traceid": "7"}, "id": "7", "binary_data_output": True},
    ],
)
def test_parameter_that_changes_no_value_is_ignored(parameters: object) -> None:
    tensor, output = {**TEXT, "parameters": parameters}, {"name": "classe", "parameters": parameters}
    request = rest.decode(msgspec.json.encode({"inputs": [tensor], "outputs": [output], "parameters": parameters}))
    assert request.inputs[0].data == TEXT["data"]


@pytest.mark.parametrize(
    "id",
    [
        "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}",
        "\U0001f1eb\U0001f1f7",
        "\N{HEAVY BLACK HEART}\ufe0f",
        "dossier n\u00b0 7",
        "\u202e",
    ],
)
def test_id_is_any_text(id: str) -> None:  # noqa: A002 - the protocol's name
    body = b'{"inputs": [%s], "id": %s}' % (TENSOR, msgspec.json.encode(id))
    assert rest.decode(body).id == id


def test_extensions_are_ignored() -> None:
    request = rest.decode(b'{"inputs": [%s], "model_name": "x", "parameters": {"binary_data_output": true}}' % TENSOR)
    assert request.inputs[0].name == "A"


def test_first_of_a_million_misfits_is_found() -> None:
    data: list[Any] = [1.0] * 300_000
    data[123_456] = "x"
    tensor = {"name": "A", "shape": [len(data)], "datatype": "FP64", "data": data}
    with pytest.raises(Refused, match=r'A: .*got the text "x" in data\[123456\]'):
        rest.decode(msgspec.json.encode({"inputs": [tensor]}))


def test_no_choice_means_all_outputs() -> None:
    assert list(choose([])) == ["probabilite_de_defaut", "classe"]


def test_outputs_come_in_order_asked() -> None:
    assert list(choose(["classe", "probabilite_de_defaut"])) == ["classe", "probabilite_de_defaut"]


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (["score"], 'outputs\\[0\\]: expected probabilite_de_defaut or classe or explications_locales, got "score"'),
        (["classe", "classe"], 'outputs\\[1\\]: expected each name once, got "classe" again'),
    ],
)
def test_unknown_output_is_refused(names: list[str], complaint: str) -> None:
    with pytest.raises(Refused, match=complaint):
        choose(names)


def test_answer_has_only_chosen_outputs() -> None:
    parameters = Parameters("3", 0.09, "2026-01-01T00:00:00+00:00", 0.3, "a-0,a-1", "found,none")
    answer = Answer("credit-default", "3", "r1", [0.1, 0.2], ["refuse", "refuse"], parameters)
    body = msgspec.json.decode(rest.encode(answer, ["classe"]))
    assert body["outputs"] == [{"name": "classe", "shape": [2], "datatype": "BYTES", "data": ["refuse", "refuse"]}]
    assert all(isinstance(value, str | int | float | bool) for value in body["parameters"].values())
