"""How groups of protected fields fare."""

from __future__ import annotations

import numpy as np
import pytest

from monitoring.judging.arrays import Chunk
from monitoring.judging.fairness import fare
from monitoring.verdict import GroupFigures
from training.bundle import Calibration, Field, Manifest, Policy, Rows

GENDER = Field(
    name="CODE_GENDER", datatype="BYTES", description="", levels=("F", "M"), anomalies=("XNA",), protected=True
)
BIRTH = Field(
    name="DAYS_BIRTH", datatype="INT64", description="", unit="days", minimum=-25_229, maximum=-7_489, protected=True
)
OTHER = Field(name="AMT_CREDIT", datatype="FP64", description="")


def manifest() -> Manifest:
    return Manifest(
        format=1,
        model="m",
        family="constant",
        fields=(OTHER, BIRTH, GENDER),
        history=(),
        features=(),
        reasons=(),
        policy=Policy(cost_fn=10, cost_fp=1, threshold=0.1, threshold_low=0.1, threshold_high=0.1),
        calibration=Calibration(slope=1, intercept=0),
        metrics={},
        allowed=(),
        alarms=(),
        fingerprint="",
        seed=0,
        libraries={},
    )


def chunk(genders: str, refused: str, outcome: str = "", weight: list[float] | None = None) -> Chunk:
    """One letter an applicant: gender; x for refused; outcome 1, 0 or ?."""
    n = len(genders)
    numeric = np.column_stack([np.ones(n), np.full(n, -12_000)]).astype(np.float32)
    texts = np.array([[letter.strip("-")] for letter in genders], object).reshape(n, 1)
    outcomes = np.array([-1 if letter == "?" else int(letter) for letter in outcome or "?" * n], np.int8)
    weights = np.where(outcomes < 0, np.nan, 1.0) if weight is None else np.array(weight)
    turned_down = np.array([letter == "x" for letter in refused])
    return Chunk(
        Rows(numeric, texts, np.empty((n, 0), np.float32)),
        np.full(n, 0.05),
        turned_down,
        np.zeros(n, bool),
        ["found"] * n,
        outcomes,
        weights,
    )


def of_gender(one: Chunk) -> dict[str, GroupFigures]:
    return {group.name: group for group in fare(manifest(), one) if group.field == "CODE_GENDER"}


def test_only_protected_fields_have_groups() -> None:
    assert {group.field for group in fare(manifest(), chunk("FM", "  "))} == {"DAYS_BIRTH", "CODE_GENDER"}


def test_an_age_is_a_band() -> None:
    (age, *_) = fare(manifest(), chunk("FM", "  "))
    assert (age.field, age.name, age.rows) == ("DAYS_BIRTH", "30-39", 2)


def test_texts_are_levels_missing_or_unseen() -> None:
    found = of_gender(chunk("FM-?X", " " * 5))
    assert set(found) == {"F", "M", "missing", "unseen"}
    assert found["unseen"].rows == 2


def test_an_anomaly_is_missing() -> None:
    one = chunk("F", " ")
    one.rows.categorical[0, 0] = "XNA"
    assert set(of_gender(one)) == {"missing"}


def test_approval_is_compared_with_the_best() -> None:
    found = of_gender(chunk("FFFFMMMM", "x   xx  "))
    assert (found["F"].approved, found["M"].approved) == (0.75, 0.5)
    assert (found["F"].ratio, found["M"].ratio) == (1, pytest.approx(2 / 3))


def test_a_tiny_group_is_no_yardstick() -> None:
    found = of_gender(chunk("F" * 99 + "M", "x" * 50 + " " * 50))
    assert found["F"].ratio == 1
    assert found["M"].ratio > 2


def test_the_missing_are_no_yardstick() -> None:
    found = of_gender(chunk("FFMM----", "x xx    "))
    assert (found["F"].ratio, found["missing"].ratio) == (1, 2)


def test_nobody_approved_is_no_disparity() -> None:
    assert of_gender(chunk("FM", "xx"))["F"].ratio == 1


def test_errors_need_outcomes() -> None:
    found = of_gender(chunk("FM", " x"))
    assert found["F"].accepted_defaulted is None
    assert found["F"].good_refused is None


def test_accepted_defaults_are_counted_by_group() -> None:
    found = of_gender(chunk("FFFFMM", "  x x ", "10??" + "?0"))
    assert found["F"].accepted_defaulted == 0.5
    assert found["M"].accepted_defaulted == 0
    assert found["F"].good_refused is None


def test_explored_repayers_count_by_their_weight() -> None:
    found = of_gender(chunk("FFFFM", "  xx ", "0100" + "0", [1, 1, 4, 4, 1]))
    assert found["F"].good_refused == pytest.approx(8 / 9)
    assert found["M"].good_refused == 0
