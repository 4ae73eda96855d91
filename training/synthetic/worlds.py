"""Worlds that differ from the published one in a defined way, to show changes that a lender should notice.

Each world is the published lender with some parts replaced. A world itself is not random; its clients are drawn with a
seed (`training.synthetic.arrivals`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from training.synthetic.columns import Floats
from training.synthetic.copula import FACTORS
from training.synthetic.lender import Lender, published
from training.synthetic.risk import Effects, binned

__all__ = ["calibration", "changed", "population", "published"]

_MOVED = {
    "DAYS_BIRTH": 0.9,
    "AMT_CREDIT": 0.6,
    "AMT_GOODS_PRICE": 0.6,
    "AMT_ANNUITY": 0.5,
    "EXT_SOURCE_1_UNKNOWN": 0.6,
    "BUREAU_UNKNOWN": 0.6,
    "bureau_count": -0.8,
    "bureau_recency": 0.8,
    "previous_count": -0.8,
    "previous_recency": 0.8,
    "DAYS_LAST_PHONE_CHANGE": 0.6,
}
"""Shifts in standard deviations: younger clients, larger loans, shorter histories. Correlated factors move too."""

_LOST = {
    "EXT_SOURCE_2": 0.25,
    "EXT_SOURCE_3": 0.25,
    "FLAG_DOCUMENT_3": 1.0,
    "FLAG_DOCUMENT_6": 1.0,
    "FLAG_DOCUMENT_8": 1.0,
}
"""Less documentation: the share of present values that is lost. The usual documents are no longer handed in."""


def population() -> Lender:
    """Other clients: younger, with less documentation and larger loans. The relation to default is as published."""
    return replace(published(), mean=_mean(_MOVED), lost=_LOST)


def changed() -> Lender:
    """The clients of `population` with another relation to default.

    External scores have no effect. The effect of employment is doubled, and most other effects are much weaker, those
    of protected fields less so. Enquiries at the credit bureau, which had nearly no effect, now have the strongest. The
    default rate stays near a twelfth. So about as many clients are worth accepting as before, but other ones.
    """
    return replace(population(), effects=_rotated(published().effects))


def calibration() -> Lender:
    """The published clients, each with 1.8 times the published odds of default; the ranking by risk is unchanged."""
    effects = published().effects
    return replace(published(), effects=replace(effects, constant=effects.constant + float(np.log(1.8))))


def _mean(moved: Mapping[str, float]) -> Floats:
    """The means of all factors if those in `moved` have the given means; the others follow by their correlation."""
    root = published().root
    correlation = root @ root.T
    places = [FACTORS.index(name) for name in moved]
    weights = np.linalg.solve(correlation[np.ix_(places, places)], np.array(list(moved.values())))
    return np.asarray(correlation[:, places] @ weights)


_FADED = 0.3
"""Factor for each effect that is not named below."""
_FACTORS = {
    "EXT_SOURCE_1": 0.0,
    "EXT_SOURCE_2": 0.0,
    "EXT_SOURCE_3": 0.0,
    "DAYS_EMPLOYED": 2.0,
    "CODE_GENDER": 0.6,
    "DAYS_BIRTH": 0.6,
    "NAME_FAMILY_STATUS": 0.6,
}
_ENQUIRIES = "AMT_REQ_CREDIT_BUREAU_YEAR"
_MANY = 2
_OF_MANY = 2.5
"""Log odds of `_MANY` or more enquiries in the year; for fewer or missing enquiries they are 0."""
_CONSTANT = -1.5
"""This is added to all log odds, to keep the default rate near a twelfth, as published."""


def _rotated(effects: Effects) -> Effects:
    (enquiries,) = (column for column in binned() if column.name == _ENQUIRIES)
    cells = {name: values * _FACTORS.get(name, _FADED) for name, values in effects.cells.items()}
    cells[_ENQUIRIES] = np.append(np.where(enquiries.edges >= _MANY, _OF_MANY, 0.0), 0.0)
    return replace(
        effects,
        constant=effects.constant + _CONSTANT,
        cells=cells,
        slopes={name: slope * _FADED for name, slope in effects.slopes.items()},
    )
