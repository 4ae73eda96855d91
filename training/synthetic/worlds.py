"""Worlds that differ from the published one in a stated way, so that what a lender should notice can be shown.

Each is the published lender with some of its parts replaced. Nothing is random about a world itself; its clients are
drawn from it with a seed (`training.synthetic.arrivals`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from training.synthetic.columns import Floats
from training.synthetic.copula import FACTORS
from training.synthetic.lender import Lender, published
from training.synthetic.risk import Effects

__all__ = ["calibration", "changed", "population", "published"]

_MOVED = {
    "DAYS_BIRTH": 0.7,
    "AMT_CREDIT": 0.6,
    "AMT_GOODS_PRICE": 0.6,
    "AMT_ANNUITY": 0.5,
    "EXT_SOURCE_1_UNKNOWN": 0.6,
    "BUREAU_UNKNOWN": 0.6,
}
"""Younger, larger loans, less known to the bureaus; in standard deviations. What goes with them moves along."""

_LOST = {"EXT_SOURCE_2": 0.25, "EXT_SOURCE_3": 0.25, "FLAG_DOCUMENT_3": 0.4, "FLAG_DOCUMENT_6": 0.4}
"""Poorer documented: shares of those who would have had it."""


def population() -> Lender:
    """Other clients: younger, poorer documented, with larger loans. What makes one default is as published."""
    return replace(published(), mean=_mean(_MOVED), lost=_LOST)


def changed() -> Lender:
    """The clients of `population`, and another relation to default."""
    return replace(population(), effects=_rotated(published().effects))


def calibration() -> Lender:
    """The published clients, each with 1.8 times the published odds of default: who is riskier than whom holds."""
    effects = published().effects
    return replace(published(), effects=replace(effects, constant=effects.constant + float(np.log(1.8))))


def _mean(moved: Mapping[str, float]) -> Floats:
    """The factors' means where some are as given, and the others follow as they do among the published clients."""
    root = published().root
    correlation = root @ root.T
    places = [FACTORS.index(name) for name in moved]
    weights = np.linalg.solve(correlation[np.ix_(places, places)], np.array(list(moved.values())))
    return np.asarray(correlation[:, places] @ weights)


_FADED = {"EXT_SOURCE_1": 0.1, "EXT_SOURCE_2": 0.1, "EXT_SOURCE_3": 0.1, "DAYS_BIRTH": 0.3, "CODE_GENDER": 0.5}
_RISEN = {"DAYS_EMPLOYED": 3.0, "ORGANIZATION_TYPE": 1.5, "OCCUPATION_TYPE": 2.0, "NAME_EDUCATION_TYPE": 2.0}
_SLOPES = {
    "bureau_days_credit_mean": 2.5,
    "bureau_debt_ratio": 3.5,
    "prev_refused_share": 5.0,
    "cc_util_mean": 2.5,
    "bureau_active_share": 4.0,
}


def _rotated(effects: Effects) -> Effects:
    factors = _FADED | _RISEN
    return replace(
        effects,
        constant=effects.constant,
        cells={name: cells * factors.get(name, 1.0) for name, cells in effects.cells.items()},
        slopes={name: slope * _SLOPES.get(name, 1.0) for name, slope in effects.slopes.items()},
    )
