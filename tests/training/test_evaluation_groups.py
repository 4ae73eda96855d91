from __future__ import annotations

import numpy as np
import pytest

from training import evaluation
from training.groups import age_group, by_group


def test_group_equals_its_own_evaluation():
    random = np.random.default_rng(0)
    probability, labels = random.random(300), random.choice(["F", "M"], 300)
    outcome = random.random(300) < probability
    found = {one.name: one for one in by_group(outcome, probability, {"CODE_GENDER": labels}, 0.5)["CODE_GENDER"]}
    chosen = labels == "F"
    assert found["F"].metrics == evaluation.evaluate(outcome[chosen], probability[chosen], 0.5)
    assert found["F"].rows + found["M"].rows == 300
    assert found["F"].defaults == outcome[chosen].sum()


def test_approval_ratio_to_best():
    probability = np.array([0.1, 0.1, 0.1, 0.9, 0.1, 0.9, 0.9, 0.9])
    groups = by_group([0, 1] * 4, probability, {"g": list("aaaabbbb")}, 0.5, resamples=2)["g"]
    assert [one.approval_ratio for one in groups] == pytest.approx([1.0, 1 / 3])


def test_tiny_group_is_no_yardstick():
    probability = np.array([0.1] + [0.1, 0.9] * 50)
    outcome = np.arange(101) % 2
    groups = by_group(outcome, probability, {"g": ["tiny"] + ["large"] * 100}, 0.5, resamples=2)["g"]
    assert {one.name: one.approval_ratio for one in groups} == {"large": 1.0, "tiny": 2.0}


def test_one_class_keeps_the_rest():
    groups = by_group([0, 0, 1, 0], [0.1, 0.2, 0.3, 0.4], {"g": list("aabb")}, 0.25, resamples=5)["g"]
    assert evaluation.AUC not in groups[0].metrics
    assert groups[0].metrics[evaluation.COST].value == 0
    assert set(evaluation.METRICS) == set(groups[1].metrics)


def test_missing_is_a_group():
    groups = by_group([0, 1, 1], [0.1, 0.2, 0.3], {"g": ["a", "a", ""]}, 0.5, resamples=2)["g"]
    assert [one.name for one in groups] == ["a", "missing"]


def test_wrong_length_names_field():
    with pytest.raises(ValueError, match="CODE_GENDER: expected 2 group labels; got 1"):
        by_group([0, 1], [0.1, 0.2], {"CODE_GENDER": ["F"]}, 0.5)


@pytest.mark.parametrize(
    ("days", "group"),
    [
        (-20 * 365.25, "20-29"),
        (-29.99 * 365.25, "20-29"),
        (-30 * 365.25, "30-39"),
        (-25229, "60-69"),
        (np.nan, "missing"),
    ],
)
def test_ages_by_decade(days: float, group: str):
    assert age_group([days]).tolist() == [group]
