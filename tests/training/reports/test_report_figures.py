"""The few figures that the reports compute themselves."""

from __future__ import annotations

import numpy as np
import pytest

from training.bundle.manifest import Feature
from training.reports import calibration, contributions, drift, fields

RANDOM = np.random.default_rng(0)
OUTCOME = RANDOM.random(500) < 0.2
NUMBERS = RANDOM.normal(size=2000)


@pytest.mark.parametrize(
    ("rate", "size", "low", "high"), [(0.0, 10, 0.0, 0.2775), (0.5, 10, 0.2366, 0.7634), (1.0, 10, 0.7225, 1.0)]
)
def test_wilson_by_hand(rate: float, size: int, low: float, high: float):
    found = calibration.wilson(np.array([rate]), np.array([size]))
    assert (found[0][0], found[1][0]) == pytest.approx((low, high), abs=1e-4)


def test_reason_sums_before_size():
    features = [Feature(name=name, made_from=("F",), reason=reason) for name, reason in zip("abc", "xxy", strict=True)]
    matrix = np.array([[1.0, -1.0, 2.0], [1.0, 1.0, -4.0]])
    assert contributions.reason_strength(matrix, features) == {"x": 1.0, "y": 3.0}


def test_psi_by_hand():
    found = drift.psi(np.array([49.5, 49.5]), np.array([24.5, 74.5]))
    assert found == pytest.approx(-0.25 * np.log(0.5) + 0.25 * np.log(1.5), abs=1e-6)


@pytest.mark.parametrize(
    "column", [NUMBERS, np.array(["a", "b", None, None] * 500, dtype=object), np.full(2000, np.nan)]
)
def test_same_column_does_not_drift(column):
    (row,) = drift.compare({"F": column}, {"F": column})
    assert row.psi == 0


def test_no_drift_is_noise():
    rows = [
        drift.compare({"F": random.normal(size=2000)}, {"F": random.normal(size=500)})[0]
        for random in map(np.random.default_rng, range(60))
    ]
    assert np.mean([row.psi for row in rows]) == pytest.approx(rows[0].noise, rel=0.25)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (NUMBERS, NUMBERS + 1),
        (NUMBERS, np.where(np.arange(2000) % 3 == 0, np.nan, NUMBERS)),
        (np.array(["a", "b"] * 1000, dtype=object), np.array(["a", "b", "new"] * 500, dtype=object)),
        (np.array(["a", "b"] * 1000, dtype=object), np.array(["a", "b", None, None] * 500, dtype=object)),
    ],
    ids=["shifted", "missing", "unseen", "missing level"],
)
def test_drift_is_strong(before, now):
    (row,) = drift.compare({"F": before}, {"F": now})
    assert row.psi > drift.STRONG


def test_largest_drift_first():
    rows = drift.compare({"a": NUMBERS, "b": NUMBERS, "only here": NUMBERS}, {"a": NUMBERS, "b": NUMBERS + 1})
    assert [row.field for row in rows] == ["b", "a"]


def test_levels_part_the_applicants():
    columns = {
        "number": np.where(OUTCOME, np.nan, RANDOM.normal(size=500)),
        "flag": np.arange(500) % 2,
        "level": RANDOM.choice(np.array([*"abcdefghij", None], dtype=object), 500),
    }
    for field in fields.by_level(columns, OUTCOME):
        assert sum(level.rows for level in field.levels) == 500
        assert sum(level.defaults for level in field.levels) == OUTCOME.sum()


def test_missing_is_the_last_level():
    (field,) = fields.by_level({"number": np.where(OUTCOME, np.nan, 1.0)}, OUTCOME)
    assert [(level.name, level.rows, level.defaults) for level in field.levels] == [
        ("1", int((~OUTCOME).sum()), 0),
        ("missing", int(OUTCOME.sum()), int(OUTCOME.sum())),
    ]
    assert field.missing == OUTCOME.mean()


def test_rare_levels_are_other():
    (field,) = fields.by_level({"level": np.array(list("abcdefghij") * 50, dtype=object)}, OUTCOME)
    assert [level.name for level in field.levels] == ["a", "b", "c", "d", "e", "f", "other"]


def test_information_orders_fields():
    columns = {"strong": OUTCOME + RANDOM.normal(size=500) / 2, "none": RANDOM.normal(size=500)}
    strong, none = fields.by_level(columns, OUTCOME)
    assert strong.information > 5 * none.information
