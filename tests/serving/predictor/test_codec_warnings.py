"""What is unusual is answered with a warning, or refused if so set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from serving.protocol import rest
from serving.protocol.codec import Applications, Codec
from serving.protocol.errors import Refused
from training.bundle import Manifest

UNUSUAL = [
    ("NAME_INCOME_TYPE", "Astronaut", 'NAME_INCOME_TYPE: "Astronaut" is not a level of training, read as missing'),
    ("AMT_CREDIT", 5e6, "AMT_CREDIT: 5000000 is outside the range of training, 5000 to 1000000"),
    ("CNT_CHILDREN", 12, "CNT_CHILDREN: 12 is outside the range of training, 0 to 5"),
    ("NAME_INCOME_TYPE", "Retraitée", 'NAME_INCOME_TYPE: "Retraitée" is not a level of training, read as missing'),
    ("SHOE_SIZE", 43, 'unknown fields, ignored: "SHOE_SIZE"'),
]


def read(codec: Codec, inputs: list[dict[str, Any]]) -> Applications:
    return codec.read(rest.decode(msgspec.json.encode({"inputs": inputs})).inputs)


@pytest.mark.parametrize(("name", "value", "warning"), UNUSUAL)
def test_unusual_value_warns(
    codec: Codec, application: dict[str, Any], tensors: Callable[..., Any], name: str, value: Any, warning: str
) -> None:
    assert read(codec, tensors({**application, name: value})).warnings == {0: (warning,)}


@pytest.mark.parametrize(("name", "value", "warning"), UNUSUAL)
def test_unusual_value_is_rejected_if_set(
    manifest: Manifest, application: dict[str, Any], tensors: Callable[..., Any], name: str, value: Any, warning: str
) -> None:
    with pytest.raises(Refused, match=name):
        read(Codec(manifest, "reject"), tensors({**application, name: value}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DAYS_EMPLOYED", 365243),
        ("CODE_GENDER", "XNA"),
        ("CODE_GENDER", ""),
        ("EXT_SOURCE_1", 1),
        ("EXT_SOURCE_1", 0.0),
    ],
)
def test_known_value_is_nothing_unusual(
    manifest: Manifest, application: dict[str, Any], tensors: Callable[..., Any], name: str, value: Any
) -> None:
    assert not read(Codec(manifest, "reject"), tensors({**application, name: value})).warnings


def test_only_the_unusual_row_warns(codec: Codec, application: dict[str, Any], tensors: Callable[..., Any]) -> None:
    rows = read(codec, tensors(application, {**application, "AMT_CREDIT": 5e6}, application))
    assert list(rows.warnings) == [1]


def test_unseen_level_is_kept_as_sent(codec: Codec, application: dict[str, Any], tensors: Callable[..., Any]) -> None:
    rows = read(codec, tensors({**application, "NAME_INCOME_TYPE": "Astronaut"}))
    assert rows.categorical.tolist() == [["Astronaut", "F"]]


def test_many_unknown_fields_are_counted(
    codec: Codec, application: dict[str, Any], tensors: Callable[..., Any]
) -> None:
    rows = read(codec, tensors(application | {f"FIELD_{i}": 1 for i in range(5000)}))
    (warning,) = rows.warnings[0]
    assert warning.endswith("and 4992 more")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("DÉPÔT", "DÉPÔT"),
        ("所得", "所得"),
        ("\N{MAN}\u200d\N{GIRL}", "\N{MAN}\u200d\N{GIRL}"),
        ('a"b\\', 'a\\"b\\\\'),
        ("a\nb", "a\\nb"),
        ("\x7f\x85", "\\u007f\\u0085"),
        ("a\u2028b", "a\\u2028b"),
    ],
)
def test_unknown_field_is_named_readably(codec: Codec, tensors: Callable[..., Any], name: str, shown: str) -> None:
    rows = read(codec, tensors({"AMT_INCOME_TOTAL": 50_000, name: 1}))
    assert rows.warnings == {0: (f'unknown fields, ignored: "{shown}"',)}
