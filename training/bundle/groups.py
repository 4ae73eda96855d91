"""The groups of protected fields; the model card, the monitor and the gate use the same rule.

The groups of a category are its levels. The groups of an age are bands. A whole number with few values has one group
per value. Any other number has one group per quarter of its range. The manifest determines the groups, so each reader
of a bundle gets the same groups.

The gate judges all groups of a field, except that it judges only the elderly of an age. A lender may use age in a model
derived from data if the model does not disadvantage the elderly (12 CFR 1002.6(b)(2)). Missing values are counted as a
separate group, which the gate never judges.
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
"""A group is disadvantaged if its approval rate is less than this share of the best group's rate.

Source: Uniform Guidelines on Employee Selection Procedures (29 CFR 1607.4 D), which lenders apply by analogy.
"""
YARDSTICK = 0.02
"""A group with a smaller share of the applications is not a basis of comparison for others (29 CFR 1607.4)."""

_AGES = ("younger than 30", "30-39", "40-49", "50-61", ELDERLY)
_AGE_CUTS = (30, 40, 50, 62)
_ADULT = (15, 120)
"""Years. A protected field in days or years is an age if all its training values are between these two."""
_YEAR = {"days": 365.25, "years": 1.0}
_FEW = 20
"""A whole number is a code or a count if its maximum minus its minimum is less than this."""


@dataclass(frozen=True)
class Members:
    """The group of each applicant, for one protected field."""

    field: str
    names: tuple[str, ...]
    """The groups in order; `missing` and `unseen` are last."""
    group: npt.NDArray[np.intp]
    """[n] The index in `names` of each application's group."""
    judged: tuple[str, ...]
    """The groups that the gate judges."""


def protected(manifest: Manifest, rows: Rows) -> tuple[Members, ...]:
    """The groups of each protected field, in the manifest's order."""
    numbers = {field.name: rows.numeric[:, i] for i, field in enumerate(manifest.numeric)}
    texts = {field.name: rows.categorical[:, i] for i, field in enumerate(manifest.categorical)}
    return tuple(members(field, (numbers | texts)[field.name]) for field in manifest.fields if field.protected)


def members(field: Field, values: npt.NDArray[Any]) -> Members:
    """The groups of one field's values [n], as in `Rows`: a missing text is "", a missing number is NaN."""
    anomaly = np.isin(values, np.array(field.anomalies, values.dtype))
    if field.datatype == "BYTES":
        return _members(field, field.levels, _codes(field.levels, values), (values == "") | anomaly)
    numbers = values.astype(np.float64)
    missing = np.isnan(numbers) | anomaly
    if field.minimum is None or field.maximum is None:  # training saw no value
        return _members(field, (), np.zeros(len(numbers), np.intp), missing)
    if (ages := _ages(field, numbers, field.minimum, field.maximum)) is not None:
        bands = _members(field, _AGES, np.digitize(ages, _AGE_CUTS), missing)
        return Members(bands.field, bands.names, bands.group, (ELDERLY,))
    if field.datatype == "INT64" and field.maximum - field.minimum < _FEW:
        whole = range(int(field.minimum), int(field.maximum) + 1)
        return _members(field, [str(value) for value in whole], _codes(whole, numbers), missing)
    edges = np.linspace(field.minimum, field.maximum, 5)
    return _members(field, _quarters(edges), np.digitize(numbers, edges[1:-1], right=True), missing)


def _members(
    field: Field, names: Sequence[str], codes: npt.NDArray[np.intp], missing: npt.NDArray[np.bool_]
) -> Members:
    """`codes` [n] index `names`; a code past the end means an unseen value."""
    group = np.where(missing, len(names), np.where(codes < len(names), codes, len(names) + 1))
    return Members(field.name, (*names, MISSING, UNSEEN), group, (*names, UNSEEN))


def _codes(levels: Sequence[str | int], values: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """The index in `levels` of each value [n]; `len(levels)` if the value is not among them."""
    places = {value: i for i, value in enumerate(levels)}
    return np.fromiter((places.get(value, len(levels)) for value in values), np.intp, len(values))


def _ages(
    field: Field, values: npt.NDArray[np.float64], minimum: float, maximum: float
) -> npt.NDArray[np.float64] | None:
    """The ages in years [n], or None if the field is not an age.

    Negative values count back from the application.
    """
    year = _YEAR.get(field.unit or "")
    if year is None:
        return None
    scale = -year if maximum < 0 else year
    youngest, oldest = sorted((minimum / scale, maximum / scale))
    return values / scale if _ADULT[0] <= youngest and oldest <= _ADULT[1] else None


def _quarters(edges: npt.NDArray[np.float64]) -> list[str]:
    """Names such as `up to 3`, `3 to 5`, `5 to 7` and `above 7`, from five edges; a quarter includes its upper edge."""
    texts = [f"{edge:,.0f}" if abs(edge) >= 1000 else f"{edge:.4g}" for edge in edges[1:-1]]
    return [f"up to {texts[0]}", *(f"{low} to {high}" for low, high in pairwise(texts)), f"above {texts[-1]}"]
