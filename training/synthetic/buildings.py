"""The 47 columns about the client's building; mostly all are known or all are missing, and each size has three."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from training.synthetic.columns import Booleans, Category, Floats, Table
from training.synthetic.draws import normal_share
from training.synthetic.profile import profile
from training.synthetic.splits import Split

SIZES = (
    "APARTMENTS", "BASEMENTAREA", "YEARS_BEGINEXPLUATATION", "YEARS_BUILD", "COMMONAREA", "ELEVATORS", "ENTRANCES",
    "FLOORSMAX", "FLOORSMIN", "LANDAREA", "LIVINGAPARTMENTS", "LIVINGAREA", "NONLIVINGAPARTMENTS", "NONLIVINGAREA",
)  # fmt: skip
KINDS = ("FONDKAPREMONT_MODE", "HOUSETYPE_MODE", "WALLSMATERIAL_MODE", "EMERGENCYSTATE_MODE")

_WITH_AREA = {
    "BASEMENTAREA": 0.65,
    "YEARS_BEGINEXPLUATATION": 0.25,
    "COMMONAREA": 0.5,
    "ENTRANCES": 0.5,
    "LANDAREA": 0.4,
    "NONLIVINGAPARTMENTS": 0.15,
    "NONLIVINGAREA": 0.3,
}
"""Correlation with the total area, for sizes whose correlations are not published."""

_TOGETHER = (0.9997, 0.985)
"""Correlation of the gaps: for columns that are missing less often than _OFTEN, and for the others.

Nearly all gaps have the same reason: the building is unknown. The others are details that are not always reported.
"""
_OFTEN = 0.6

_ALIKE = 0.995
"""Correlation of the mean, mode and median of one size."""


def buildings(rng: np.random.Generator, scores: Mapping[str, Floats], split: Split) -> Table:
    """The building columns of the clients in `split`."""
    table: Table = {}
    area = scores["TOTALAREA_MODE"]
    for size in SIZES:
        unknown = _gap(rng, scores["BUILDING_UNKNOWN"], f"{size}_AVG")
        score = scores.get(f"{size}_AVG")
        if score is None:
            score = _mix(rng, area, _WITH_AREA[size])
        for kind in ("AVG", "MODE", "MEDI"):
            alike = score if kind == "AVG" else _mix(rng, score, _ALIKE)
            name = f"{size}_{kind}"
            table[name] = split.gaps(name, split.numbers(name, normal_share(alike)), unknown)
    unknown = _gap(rng, scores["BUILDING_UNKNOWN"], "TOTALAREA_MODE")
    table["TOTALAREA_MODE"] = split.gaps("TOTALAREA_MODE", split.numbers("TOTALAREA_MODE", normal_share(area)), unknown)
    for name in KINDS:
        drawn = split.levels(name, rng.uniform(size=len(area)))
        table[name] = _blank(drawn, split.missing(name, _gap(rng, scores["BUILDING_UNKNOWN"], name)))
    return table


def _mix(rng: np.random.Generator, score: Floats, correlation: float) -> Floats:
    return np.asarray(correlation * score + np.sqrt(1.0 - correlation**2) * rng.standard_normal(len(score)))


def _gap(rng: np.random.Generator, unknown: Floats, name: str) -> Floats:
    often = profile()["tables"]["application_train"][name]["missing"] > _OFTEN
    return normal_share(_mix(rng, unknown, _TOGETHER[often]))


def _blank(column: Category, missing: Booleans) -> Category:
    return Category(np.where(missing, -1, column.codes), column.levels)
