"""The columns of an application that describe the building the applicant lives in."""

from __future__ import annotations

from training.product import FormField

_PARTS = {
    "APARTMENTS": "Size of the flats",
    "BASEMENTAREA": "Area of the basement",
    "YEARS_BEGINEXPLUATATION": "How recently the building was taken into use",
    "YEARS_BUILD": "How recently the building was built",
    "COMMONAREA": "Area of the shared rooms",
    "ELEVATORS": "Number of lifts",
    "ENTRANCES": "Number of entrances",
    "FLOORSMAX": "Floors of the highest part",
    "FLOORSMIN": "Floors of the lowest part",
    "LANDAREA": "Area of the plot",
    "LIVINGAPARTMENTS": "Size of the flats that people live in",
    "LIVINGAREA": "Area that people live in",
    "NONLIVINGAPARTMENTS": "Size of the flats in other use",
    "NONLIVINGAREA": "Area in other use",
}
_STATISTICS = {"AVG": "mean", "MODE": "most frequent value", "MEDI": "median"}

_MEASURES = tuple(
    FormField(
        f"{part}_{suffix}",
        "real",
        f"{text} of the home building, {word}, scaled to 0 to 1.",
        nullable=True,
        reason="housing",
    )
    for suffix, word in _STATISTICS.items()
    for part, text in _PARTS.items()
)

_HOME = (
    FormField(
        "FONDKAPREMONT_MODE",
        "text",
        "Which fund pays for repairs of the home building.",
        nullable=True,
        reason="housing",
    ),
    FormField(
        "HOUSETYPE_MODE", "text", "Kind of building that the applicant lives in.", nullable=True, reason="housing"
    ),
    FormField(
        "TOTALAREA_MODE", "real", "Whole area of the home building, scaled to 0 to 1.", nullable=True, reason="housing"
    ),
    FormField(
        "WALLSMATERIAL_MODE",
        "text",
        "What the walls of the home building are made of.",
        nullable=True,
        reason="housing",
    ),
    FormField(
        "EMERGENCYSTATE_MODE",
        "text",
        "Yes if the home building is declared unsafe, No if not.",
        nullable=True,
        levels=("No", "Yes"),
        reason="housing",
    ),
)

BUILDING: tuple[FormField, ...] = (*_MEASURES, *_HOME)
