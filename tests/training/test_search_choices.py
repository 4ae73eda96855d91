from dataclasses import replace

import numpy as np
import pytest

from training.bundle import Calibration, Costs, Feature
from training.candidates import Examples
from training.candidates.constant import Constant
from training.candidates.lightgbm import LightGBM
from training.measures.policy import Threshold
from training.selection.search import Trial, best_of_each, cheapest, draws, folds_of, search, unused, useless

NAN = np.nan
NAMES = ("first", "second", "third")
FEATURES = tuple(Feature(name=name, made_from=(name,), reason="income") for name in NAMES)
TRIAL = Trial(
    "tree", {}, np.zeros(3), Calibration(slope=1, intercept=0), np.zeros(1), Threshold(0.1, 0, 1, 0.1), 0.7, 0.3, 0.5, 1
)


@pytest.mark.parametrize(
    ("columns", "dropped"),
    [
        ([[1, 1, 1], [1, 2, 3], [3, 2, 1]], {"first": "constant"}),
        ([[NAN, NAN, NAN], [1, 2, 3], [3, 2, 1]], {"first": "constant"}),
        ([[1, NAN, 1], [1, 2, 3], [3, 2, 1]], {}),
        ([[1, NAN, 3], [1, NAN, 3], [3, 2, 1]], {"second": "the same as first"}),
        ([[0, 1, 2], [-0.0, 1, 2], [3, 2, 1]], {"second": "the same as first"}),
    ],
)
def test_constant_and_repeated_features_go(columns: list[list[float]], dropped: dict[str, str]) -> None:
    found = useless(np.array(columns, np.float32).T, FEATURES)
    assert {drop.feature: drop.why for drop in found} == dropped


def test_features_no_fold_used_go() -> None:
    assert [drop.feature for drop in unused(np.array([0.1, 0, 3]), FEATURES)] == ["second"]


def test_the_first_trial_has_the_defaults() -> None:
    assert draws(LightGBM(), 3, seed=1)[0] == LightGBM.defaults


def test_draws_follow_the_seed() -> None:
    assert draws(LightGBM(), 4, seed=1) == draws(LightGBM(), 4, seed=1)
    assert draws(LightGBM(), 4, seed=1) != draws(LightGBM(), 4, seed=2)


def test_nothing_to_search_is_one_trial() -> None:
    assert len(draws(Constant(), 8, seed=0)) == 1


def test_log_loss_chooses_within_a_family() -> None:
    better = replace(TRIAL, log_loss=0.2, cost=0.6)
    assert best_of_each([TRIAL, better]) == (better,)


def test_cost_chooses_between_families() -> None:
    other = replace(TRIAL, family="line", log_loss=0.9, cost=0.4)
    assert cheapest(best_of_each([TRIAL, other])) is other


def test_folds_share_the_defaults_out() -> None:
    outcome = np.arange(100) < 20
    assert [outcome[predict].sum() for _, predict in folds_of(outcome, 5, 0)] == [4] * 5


def test_trials_do_not_depend_on_company() -> None:
    random = np.random.default_rng(0)
    matrix, outcome = random.normal(size=(300, 3)).astype(np.float32), random.random(300) < 0.3
    plan = [(LightGBM(), LightGBM.defaults), (Constant(), {}), (LightGBM(), {**LightGBM.defaults, "num_leaves": 4})]
    folds = folds_of(outcome, 3, 0)
    examples, everybody = Examples.plain(FEATURES, matrix, outcome), np.ones(300, bool)
    together = search(examples, plan, folds, everybody, Costs(), 0, lambda _: None)
    (alone,) = search(examples, plan[2:], folds, everybody, Costs(), 0, lambda _: None)
    assert np.array_equal(together[2].probability, alone.probability)
