"""The groups of protected fields, which the model card, the monitor and the gate share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from training.bundle import Field
from training.bundle.groups import Members, members

BIRTH = {"datatype": "INT64", "unit": "days", "minimum": -25_229, "maximum": -7_489}
AGE = {"datatype": "INT64", "unit": "years", "minimum": 21, "maximum": 79}


def of(kind: dict[str, Any], *values: float | str) -> Members:
    field = Field(name="F", description="", protected=True, **kind)
    return members(field, np.array(values, object if field.datatype == "BYTES" else np.float32))


def names(found: Members) -> list[str]:
    return [found.names[group] for group in found.group]


@pytest.mark.parametrize(
    ("years", "band"),
    [
        (18, "younger than 30"),
        (29.99, "younger than 30"),
        (30, "30-39"),
        (49, "40-49"),
        (61.9, "50-61"),
        (62, "62 and older"),
        (85, "62 and older"),
    ],
)
def test_an_age_is_in_days_or_years(years: float, band: str) -> None:
    assert names(of(BIRTH, -365.25 * years)) == names(of(AGE, years)) == [band]


@pytest.mark.parametrize("kind", [BIRTH, AGE])
def test_of_ages_the_elderly_are_judged(kind: dict[str, Any]) -> None:
    assert of(kind).judged == ("62 and older",)


def test_a_birth_after_the_application_is_no_old_age() -> None:
    assert names(of(BIRTH, 25_000)) == ["younger than 30"]


def test_years_that_are_no_age_are_all_judged() -> None:
    found = of({"datatype": "FP64", "unit": "years", "minimum": 0, "maximum": 40}, 3, 40)
    assert names(found) == ["up to 10", "above 30"]
    assert set(found.judged) == set(found.names) - {"missing"}


def test_a_coded_number_has_its_values_as_groups() -> None:
    found = of({"datatype": "INT64", "minimum": 1, "maximum": 2, "anomalies": (9,)}, 1, 2, 9, np.nan, 3, 1.5)
    assert names(found) == ["1", "2", "missing", "missing", "unseen", "unseen"]
    assert found.judged == ("1", "2", "unseen")


@pytest.mark.parametrize(("most", "band"), [(20, "20"), (21, "above 16")])
def test_more_than_twenty_values_are_quarters(most: int, band: str) -> None:
    assert names(of({"datatype": "INT64", "minimum": 1, "maximum": most}, most)) == [band]


def test_another_number_has_quarters_of_its_range() -> None:
    found = of({"datatype": "FP64", "minimum": 0, "maximum": 40_000}, -5, 10_000, 10_001, 30_000, 1e9, np.nan)
    assert names(found) == ["up to 10,000"] * 2 + ["10,000 to 20,000", "20,000 to 30,000", "above 30,000", "missing"]


def test_a_number_that_training_never_saw_is_unseen() -> None:
    assert names(of({"datatype": "FP64"}, 3, np.nan)) == ["unseen", "missing"]


def test_an_anomaly_compares_in_the_values_precision() -> None:
    assert names(of({"datatype": "FP64", "minimum": 0, "maximum": 1, "anomalies": (0.1,)}, 0.1)) == ["missing"]


def test_what_stands_for_missing_is_missing() -> None:
    found = of({"datatype": "BYTES", "levels": ("F", "M"), "anomalies": ("XNA",)}, "F", "XNA", "", "Q")
    assert names(found) == ["F", "missing", "missing", "unseen"]
    assert found.judged == ("F", "M", "unseen")
