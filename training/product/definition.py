"""A product as a file beside its tables: `product.toml`, which `credence init` writes and people finish."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, get_args

import msgspec

from training.bundle import Reason
from training.product.columns import Column, FormField, Kind, Table, Unit
from training.product.product import Product, ProductError, Ratio

NAME = "product.toml"
"""The name of the file."""

Type = Literal["number", "integer", "category"]
_KINDS: Mapping[Type, Kind] = {"number": "real", "integer": "integer", "category": "text"}
Undecided = Literal["protected", "actionable", "words"]
UNDECIDED: Mapping[Undecided, str] = {
    "protected": "it is not decided which columns are protected",
    "actionable": "it is not decided which columns an applicant can change",
    "words": "the words of the reasons are not written",
}
"""What a person must decide, and the alarm of each version until then."""

_ALLOWED = {"type": get_args(Type), "unit": get_args(Unit), "undecided": get_args(Undecided)}

S = TypeVar("S")


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class _Outcome(_Section, frozen=True):
    column: str
    default: int | str
    """The value of a client who defaulted."""
    repaid: int | str


class _Reason(_Section, frozen=True):
    fr: str
    en: str


class _Column(_Section, frozen=True):
    type: Type
    reason: str
    description: str = ""
    unit: Unit | None = None
    levels: tuple[int | str, ...] = ()
    missing: tuple[int | str, ...] = ()
    optional: bool = False
    protected: bool = False
    actionable: bool = False


class _Ratio(_Section, frozen=True):
    top: str
    bottom: str
    reason: str


class _Definition(_Section, frozen=True):
    name: str
    table: str
    outcome: dict[str, Any]
    columns: dict[str, dict[str, Any]]
    reasons: dict[str, dict[str, Any]]
    client: str | None = None
    undecided: tuple[Undecided, ...] = ()
    left_out: dict[str, str] = {}
    ratios: dict[str, dict[str, Any]] = {}


def parse(text: str) -> Product:
    """The product of a definition. Raises ProductError with the key, what was expected and what is there."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProductError(NAME, "a TOML file", str(error)) from error
    whole = _convert("", content, _Definition)
    outcome = _convert("outcome", whole.outcome, _Outcome)
    columns = _convert_all("columns", whole.columns, _Column)
    reasons = _convert_all("reasons", whole.reasons, _Reason)
    ratios = _convert_all("ratios", whole.ratios, _Ratio)
    try:
        return Product(
            name=whole.name,
            applications=Table(
                whole.table,
                "Applications whose outcome is known.",
                (
                    *_known_by(whole.client),
                    _outcome(outcome),
                    *(_field(name, column) for name, column in columns.items()),
                    *(Column(name, "text", why, nullable=True) for name, why in whole.left_out.items()),
                ),
                key=whole.client,
                vital=(outcome.column,),
            ),
            outcome=outcome.column,
            default=outcome.default,
            client=whole.client,
            ratios=tuple(Ratio(name, ratio.top, ratio.bottom, ratio.reason) for name, ratio in ratios.items()),
            reasons=tuple(Reason(code=code, french=words.fr, english=words.en) for code, words in reasons.items()),
            undecided=tuple(UNDECIDED[part] for part in whole.undecided),
        )
    except ProductError as error:
        raise ProductError(f"{NAME}, {error.place}", error.expected, error.got) from error


def _known_by(client: str | None) -> tuple[Column, ...]:
    return () if client is None else (Column(client, "integer", "The client's number."),)


def _outcome(outcome: _Outcome) -> Column:
    values = (outcome.repaid, outcome.default)
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) == 1 or outcome.repaid == outcome.default:
        raise ProductError("outcome", "two values of one type", f"{outcome.repaid!r} and {outcome.default!r}")
    kind: Kind = "text" if texts else "integer"
    return Column(outcome.column, kind, "What became of the loan.", levels=values)


def _field(name: str, column: _Column) -> FormField:
    kind = _KINDS[column.type]
    for key, values in (("levels", column.levels), ("missing", column.missing)):
        if kind != "text" and any(isinstance(value, str) for value in values):
            raise ProductError(f"columns.{name}.{key}", "whole numbers", repr(list(values)))
    texts = kind == "text"
    return FormField(
        name,
        kind,
        column.description,
        column.unit,
        nullable=column.optional,
        levels=tuple(map(str, column.levels)) if texts else column.levels,
        anomalies=tuple(map(str, column.missing)) if texts else column.missing,
        protected=column.protected,
        actionable=column.actionable,
        reason=column.reason,
    )


def _convert_all(section: str, content: Mapping[str, Any], kind: type[S]) -> dict[str, S]:
    return {name: _convert(f"{section}.{name}", each, kind) for name, each in content.items()}


def _convert(key: str, content: Any, kind: type[S]) -> S:
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        message, _, inner = str(error).partition(" - at `$")
        place = f"{key}{inner.rstrip('`')}".strip(".")
        raise _refused(place, message, kind) from error


def _refused(place: str, message: str, kind: type) -> ProductError:
    """The error for a message of msgspec, which names no place for a key that is unknown or missing."""
    if match := re.fullmatch(r"Object (contains unknown|missing required) field `(.*)`", message):
        known = ", ".join(field.name for field in msgspec.structs.fields(kind))
        if match[1] == "contains unknown":
            return ProductError(_at(place, match[2]), f"one of the keys {known}", "another one")
        return ProductError(_at(place, match[2]), "a value", "none")
    if message.startswith("Invalid enum value "):
        allowed = _ALLOWED[place.rpartition(".")[2].partition("[")[0]]
        return ProductError(_at(place), f"one of {', '.join(allowed)}", message.removeprefix("Invalid enum value "))
    expected, _, got = message.removeprefix("Expected ").partition(", got ")
    return ProductError(_at(place), expected, got)


def _at(*keys: str) -> str:
    return ", ".join(part for part in (NAME, ".".join(filter(None, keys))) if part)
