from __future__ import annotations

import numpy as np
import pytest

from training.bundle import Costs, Field
from training.bundle.groups import Members, members
from training.measures import evaluation
from training.measures.evaluation import JudgedRows
from training.measures.groups import by_group


def of(*labels: str) -> tuple[Members]:
    field = Field(name="g", datatype="BYTES", description="", levels=("F", "M"), protected=True)
    return (members(field, np.array(labels, object)),)


def test_group_equals_its_own_evaluation():
    random = np.random.default_rng(0)
    probability, labels = random.random(300), random.choice(["F", "M"], 300)
    outcome = random.random(300) < probability
    found = {one.name: one for one in by_group(JudgedRows.of(outcome, probability), of(*labels), 0.5, Costs())["g"]}
    chosen = labels == "F"
    assert found["F"].metrics == evaluation.evaluate(JudgedRows.of(outcome[chosen], probability[chosen]), 0.5, Costs())
    assert found["F"].rows + found["M"].rows == 300
    assert found["F"].defaults == outcome[chosen].sum()


def test_approval_ratio_to_best():
    probability = np.array([0.1, 0.1, 0.1, 0.9, 0.1, 0.9, 0.9, 0.9])
    groups = by_group(JudgedRows.of([0, 1] * 4, probability), of(*"FFFFMMMM"), 0.5, Costs(), resamples=2)["g"]
    assert [one.approval_ratio for one in groups] == pytest.approx([1.0, 1 / 3])


def test_tiny_group_is_no_yardstick():
    probability = np.array([0.1] + [0.1, 0.9] * 50)
    outcome = np.arange(101) % 2
    groups = by_group(JudgedRows.of(outcome, probability), of("F", *"M" * 100), 0.5, Costs(), resamples=2)["g"]
    assert {one.name: one.approval_ratio for one in groups} == {"M": 1.0, "F": 2.0}


def test_the_missing_are_no_yardstick():
    groups = by_group(
        JudgedRows.of([0, 1, 0, 1], [0.1, 0.9, 0.1, 0.1]), of("F", "F", "", ""), 0.5, Costs(), resamples=2
    )["g"]
    assert {one.name: one.approval_ratio for one in groups} == {"F": 1.0, "missing": 2.0}


def test_one_class_keeps_the_rest():
    groups = by_group(JudgedRows.of([0, 0, 1, 0], [0.1, 0.2, 0.3, 0.4]), of(*"FFMM"), 0.25, Costs(), resamples=5)["g"]
    assert evaluation.AUC not in groups[0].metrics
    assert groups[0].metrics[evaluation.COST].value == 0
    assert set(evaluation.METRICS) == set(groups[1].metrics)


def test_missing_is_a_group():
    groups = by_group(JudgedRows.of([0, 1, 1], [0.1, 0.2, 0.3]), of("F", "F", ""), 0.5, Costs(), resamples=2)["g"]
    assert [one.name for one in groups] == ["F", "missing"]
