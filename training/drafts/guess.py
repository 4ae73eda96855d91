"""What a column probably is, from its name and values. Every guess is for a person to confirm."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from training.features.fields import MOST_LEVELS
from training.product.columns import Unit
from training.product.definition import Type
from training.rows.leakage import single_auc

_ID = re.compile(r"(^|[_ ])(id|ids|number|no|nr|num|key|uuid|index)($|[_ ])|ID$", re.IGNORECASE)
_PROTECTED = re.compile(
    r"(^|[_ ])(sex|sexe|gender|genre|age|birth|born|naissance|marriage|marital|married|situation|family_status|race|"
    r"ethnic\w*|nationality|religion|disab\w*)($|[_ ])",
    re.IGNORECASE,
)
_MONEY = re.compile(r"(amt|amount|income|salary|balance|limit|bill|debt|price|revenu|montant|solde)", re.IGNORECASE)
_AGE = re.compile(r"(^|[_ ])age($|[_ ])", re.IGNORECASE)
_CODES = frozenset({-999, -99, -9, -1, *range(96, 100), *range(996, 1000), *range(9996, 10000), 99999, 999999, 365243})
_ADULT = 15
_TELLTALE = 0.95
"""A column with a higher AUC alone was probably written after the outcome."""


@dataclass(frozen=True)
class Guess:
    """A column of the form."""

    name: str
    type: Type
    unit: Unit | None
    missing: tuple[int, ...]
    """Codes that probably mean missing."""
    optional: bool
    protected: bool


@dataclass(frozen=True)
class LeftOut:
    """A column that is no field, and why."""

    name: str
    reason: str


def guess(column: pl.Series, outcome: npt.NDArray[np.bool_]) -> Guess | LeftOut:
    """What a column [n] is; `outcome` [n] shows whether it was written after that."""
    present = column.drop_nulls()
    if reason := _useless(column, present) or _telltale(column, outcome):
        return LeftOut(column.name, reason)
    whole = column.dtype == pl.Int64
    return Guess(
        name=column.name,
        type="category" if column.dtype == pl.String else "integer" if whole and not column.null_count() else "number",
        unit=None if column.dtype == pl.String else _unit(column.name),
        missing=_codes(column.name, present) if whole else (),
        optional=column.null_count() > 0,
        protected=bool(_PROTECTED.search(column.name)),
    )


def _unit(name: str) -> Unit | None:
    return "years" if _AGE.search(name) else "currency" if _MONEY.search(name) else None


def _useless(column: pl.Series, present: pl.Series) -> str:
    values = present.n_unique()
    if values == 0:
        return "it has no value"
    if values == 1:
        return f"it has the value {present[0]} in every row" + " or none" * (column.null_count() > 0)
    if column.dtype == pl.Date:
        return "it is a date"
    if values == column.len() and column.dtype != pl.Float64 and (column.dtype == pl.String or _ID.search(column.name)):
        return "it is another one in every row, as a number of a client or a contract is"
    if column.dtype == pl.String and values > MOST_LEVELS:
        return f"it is free text: {values:,} different ones"
    return ""


def _telltale(column: pl.Series, outcome: npt.NDArray[np.bool_]) -> str:
    values = np.array(column.to_list(), object) if column.dtype == pl.String else column.cast(pl.Float64).to_numpy()
    auc = single_auc(values, outcome)
    return f"it tells the outcome alone (AUC {auc:.2f}): it was probably written after it" if auc > _TELLTALE else ""


def _codes(name: str, present: pl.Series) -> tuple[int, ...]:
    """Usual codes that stand far from all other values, and an age of 0."""
    values = present.unique().sort()
    strange = [value for value in values.to_list() if value in _CODES]
    others = values.filter(~values.is_in(strange)) if strange else values
    if others.len() < 2:
        return ()
    low, high = int(others[0]), int(others[-1])
    far = [value for value in strange if not low - (high - low) <= value <= high + (high - low)]
    young = [0] if _AGE.search(name) and low == 0 and int(others[1]) >= _ADULT else []
    return (*young, *far)
