from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import StratifiedKFold

from training.bundle import Costs, Feature
from training.candidates import Examples
from training.selection import imbalance

PARAMETERS = {"trees": 20, "learning_rate": 0.1, "num_leaves": 7}
FEATURES = [Feature(name=f"f{i}", made_from=(f"F{i}",), reason="r") for i in range(5)]


def lender(rows: int = 900):
    random = np.random.default_rng(0)
    matrix = random.normal(size=(rows, 5)).astype(np.float32)
    outcome = random.random(rows) < 1 / (1 + np.exp(2.5 - matrix[:, 0] - matrix[:, 1]))
    matrix[random.random(matrix.shape) < 0.2] = np.nan
    matrix[:, 3], matrix[:, 4] = np.nan, 1.0
    folds = list(StratifiedKFold(3, shuffle=True, random_state=0).split(matrix, outcome))
    return Examples.plain(FEATURES, matrix, outcome), folds, PARAMETERS


@pytest.fixture(scope="module")
def rows():
    return imbalance.compare(*lender(), seed=0, costs=Costs())


def row(rows, treatment: str, calibrated: bool):
    (found,) = (one for one in rows if (one.treatment, one.calibrated) == (treatment, calibrated))
    return found


def test_two_rows_a_treatment(rows):
    assert [(one.treatment, one.calibrated) for one in rows] == [
        (treatment, calibrated)
        for treatment in ("none", "class weights", "SMOTE", "undersampling")
        for calibrated in (False, True)
    ]


@pytest.mark.parametrize("treatment", ["class weights", "SMOTE", "undersampling"])
def test_treatment_expects_too_many_defaults(rows, treatment: str):
    assert row(rows, treatment, calibrated=False).observed_expected.value < 0.8


@pytest.mark.parametrize("treatment", ["class weights", "SMOTE", "undersampling"])
def test_calibration_restores_probabilities(rows, treatment: str):
    before, after = (row(rows, treatment, calibrated) for calibrated in (False, True))
    assert after.observed_expected.value == pytest.approx(1, abs=0.05)
    assert after.ece.value < before.ece.value
    assert after.log_loss.value < before.log_loss.value
    assert after.auc.value == pytest.approx(before.auc.value, abs=0.02)


def test_every_treatment_has_learned(rows):
    assert min(one.auc.value for one in rows) > 0.6


def test_same_seed_same_rows(rows):
    assert imbalance.compare(*lender(), seed=0, costs=Costs()) == rows


def test_costs_move_the_threshold(rows):
    cheap = imbalance.compare(*lender(), seed=0, costs=Costs(fn=2.0))
    assert row(cheap, "none", True).threshold > row(rows, "none", True).threshold
