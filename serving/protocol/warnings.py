"""The messages of the codec: warnings about unusual applications, and refusals of wrong ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from serving.protocol.errors import Invalid, Refused, quote
from training.bundle.manifest import Field

LONGEST_TEXT = 256
"""The most characters of a text, limited because texts are stored in records; Home Credit's longest level has 58."""

_NAMED = 8
"""The most unknown fields that a warning names; further fields are only counted."""


class Findings:
    """The warnings of one request; with `reject`, the first one refuses it instead."""

    def __init__(self, reject: bool) -> None:
        self._reject = reject
        self._rows: dict[int, list[str]] = {}
        self._all: list[str] = []

    def note(self, row: int, where: str, text: str) -> None:
        """Add a warning for one row."""
        if self._reject:
            raise Refused(f"{where}: {text}{_in_row(row)}", where)
        self._rows.setdefault(row, []).append(f"{where}: {text}")

    def unknown(self, names: Sequence[str]) -> None:
        """Add a warning for inputs that are not fields of the model."""
        shown = ", ".join(quote(name) for name in names[:_NAMED])
        rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        if self._reject:
            raise Refused(f"unknown fields: {shown}{rest}", "inputs")
        self._all.append(f"unknown fields, ignored: {shown}{rest}")

    def by_row(self, rows: int) -> Mapping[int, tuple[str, ...]]:
        """The warnings of each row that has any."""
        if not self._all:
            return {row: tuple(notes) for row, notes in self._rows.items()}
        return {row: (*self._all, *self._rows.get(row, ())) for row in range(rows)}


def wrong_datatype(field: Field, got: str) -> Invalid:
    """The error for a tensor with a datatype that the field does not accept."""
    if field.datatype == "BYTES":
        return Invalid(field.name, "datatype BYTES", got)
    return Invalid(field.name, f"datatype {field.datatype}, or another one of whole numbers or floats", got)


def missing(field: Field, row: int) -> Invalid:
    """The error for a required field that is null or has no tensor."""
    return Invalid(field.name, "a value, as in all of training", "null or nothing" + _in_row(row))


def inspect_fractions(field: Field, values: npt.NDArray[np.float64]) -> None:
    """Refuse a fraction in a field of whole numbers [n]."""
    for row, value in enumerate(values.tolist()):
        if value % 1 > 0:
            raise Invalid(field.name, "a whole number", quote(value) + _in_row(row))


def inspect_number(field: Field, sent: float, held: float, row: int, findings: Findings) -> None:
    """Check a number outside the range of training; `sent` is the caller's number, `held` the 32-bit number."""
    if not np.isfinite(held):
        raise Invalid(field.name, "a number that a 32-bit float can hold", quote(sent) + _in_row(row))
    if held in {float(np.float32(value)) for value in field.anomalies if not isinstance(value, str)}:
        return
    findings.note(row, field.name, f"{quote(sent)} is outside the range of training, {span(field)}")


def span(field: Field) -> str:
    """The range of the training values; empty if there were none."""
    ends = [
        quote(end if end.is_integer() else float(f"{end:g}"))
        for end in (field.minimum, field.maximum)
        if end is not None
    ]
    return " to ".join(ends)


def inspect_texts(field: Field, values: Sequence[str | None], findings: Findings) -> None:
    """Check the texts [n] of a field; at least one of them is not a plain known level."""
    for row, value in enumerate(values):
        if not value:
            if field.required:
                raise missing(field, row)
        elif value not in field.levels and value not in field.anomalies:
            _inspect_unseen(field, value, row, findings)


def _inspect_unseen(field: Field, value: str, row: int, findings: Findings) -> None:
    if len(value) > LONGEST_TEXT:
        raise Invalid(field.name, f"at most {LONGEST_TEXT} characters", f"{len(value)}{_in_row(row)}")
    if "\0" in value:
        raise Invalid(field.name, "a text without NUL characters", quote(value) + _in_row(row))
    findings.note(row, field.name, f"{quote(value)} is not a level of training, read as missing")


def _in_row(row: int) -> str:
    """The row for a message; row 0 is left out, because most requests have only one row."""
    return f" in row {row}" if row else ""
