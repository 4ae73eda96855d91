"""The groups of protected fields: one rule for the model card, the monitor and the gate.

A category has its levels, an age has bands, another whole number with few values has these values, and any other number
has quarters of its range. All of it follows from the manifest, so each reader of a bundle finds the same groups. The
gate judges them all, but of ages only the elderly: a lender may use age in a model derived from data as long as it does
not disadvantage them (12 CFR 1002.6(b)(2)). A missing value is counted by itself, and it is never a group to judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from training.bundle.manifest import Field, Manifest
from training.bundle.rows import Rows

MISSING = "missing"
UNSEEN = "unseen"
ELDERLY = "62 and older"
FOUR_FIFTHS = 0.8
"""A group whose approval rate is a smaller share of the best group's is disadvantaged.

Source: Uniform Guidelines on Employee Selection Procedures (29 CFR 1607.4 D), which lenders apply by analogy.
"""
YARDSTICK = 0.02
"""Other groups are not compared with a group that has a smaller share of the applications (29 CFR 1607.4)."""

_AGES = ("younger than 30", "30-39", "40-49", "50-61", ELDERLY)
_AGE_CUTS = (30, 40, 50, 62)
_ADULT = (15, 120)
"""Years: a protected number of days or years is an age if training saw only values between."""
_YEAR = {"days": 365.25, "years": 1.0}
_FEW = 20
"""A whole number with no more values between its smallest and its largest is a code or a count."""


@dataclass(frozen=True)
class Members:
    """Who belongs to which group of a protected field."""

    field: str
    names: tuple[str, ...]
    """The groups in their order; `missing` and `unseen` are the last."""
    group: npt.NDArray[np.intp]
    """[n] The place of each application's group in `names`."""
    judged: tuple[str, ...]
    """The groups that the gate judges."""


def protected(manifest: Manifest, rows: Rows) -> tuple[Members, ...]:
    """The groups of each protected field, in the manifest's order."""
    numbers = {field.name: rows.numeric[:, i] for i, field in enumerate(manifest.numeric)}
    texts = {field.name: rows.categorical[:, i] for i, field in enumerate(manifest.categorical)}
    return tuple(members(field, (numbers | texts)[field.name]) for field in manifest.fields if field.protected)


def members(field: Field, values: npt.NDArray[Any]) -> Members:
    """The groups of one field's values [n], as in `Rows`: texts with "" for missing, or numbers with NaN."""
    anomaly = np.isin(values, np.array(field.anomalies, values.dtype))
    if field.datatype == "BYTES":
        return _members(field, field.levels, _codes(field.levels, values), (values == "") | anomaly)
    numbers = values.astype(np.float64)
    missing = np.isnan(numbers) | anomaly
    if field.minimum is None or field.maximum is None:  # training saw no value
        return _members(field, (), np.zeros(len(numbers), np.intp), missing)
    if (ages := _ages(field, numbers, field.minimum, field.maximum)) is not None:
        found = _members(field, _AGES, np.digitize(ages, _AGE_CUTS), missing)
        return Members(found.field, found.names, found.group, (ELDERLY,))
    if field.datatype == "INT64" and field.maximum - field.minimum < _FEW:
        whole = range(int(field.minimum), int(field.maximum) + 1)
        return _members(field, [str(value) for value in whole], _codes(whole, numbers), missing)
    edges = np.linspace(field.minimum, field.maximum, 5)
    return _members(field, _quarters(edges), np.digitize(numbers, edges[1:-1], right=True), missing)


def _members(
    field: Field, names: Sequence[str], codes: npt.NDArray[np.intp], missing: npt.NDArray[np.bool_]
) -> Members:
    """`codes` [n] index `names`; a code behind their end is unseen."""
    group = np.where(missing, len(names), np.where(codes < len(names), codes, len(names) + 1))
    return Members(field.name, (*names, MISSING, UNSEEN), group, (*names, UNSEEN))


def _codes(known: Sequence[str | int], values: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """The place of each value [n] among the known ones; their number for any other."""
    places = {value: i for i, value in enumerate(known)}
    return np.fromiter((places.get(value, len(known)) for value in values), np.intp, len(values))


def _ages(
    field: Field, values: npt.NDArray[np.float64], minimum: float, maximum: float
) -> npt.NDArray[np.float64] | None:
    """Years [n] if the field is an age, counted back from the application (negative) or not; None if it is no age."""
    year = _YEAR.get(field.unit or "")
    if year is None:
        return None
    scale = -year if maximum < 0 else year
    youngest, oldest = sorted((minimum / scale, maximum / scale))
    return values / scale if _ADULT[0] <= youngest and oldest <= _ADULT[1] else None


def _quarters(edges: npt.NDArray[np.float64]) -> list[str]:
    """`up to 3`, `3 to 5`, `5 to 7` and `above 7`, from the range's five edges; a quarter holds its upper end."""
    texts = [f"{edge:,.0f}" if abs(edge) >= 1000 else f"{edge:.4g}" for edge in edges[1:-1]]
    return [f"up to {texts[0]}", *(f"{low} to {high}" for low, high in pairwise(texts)), f"above {texts[-1]}"]
