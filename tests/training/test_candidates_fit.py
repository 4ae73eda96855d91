import lightgbm
import numpy as np
import pytest

from training.bundle import Feature
from training.candidates import FAMILIES, Examples, Family
from training.candidates.constant import Constant
from training.candidates.lightgbm import LightGBM, _with_float32_thresholds
from training.candidates.logistic import Logistic, Scale
from training.selection.search import folds_of

FEATURES = tuple(Feature(name=f"f{i}", made_from=(f"f{i}",), reason="income") for i in range(4))


def data(count: int = 600) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    matrix = random.normal(size=(count, 4)).astype(np.float32)
    matrix[random.random(matrix.shape) < 0.1] = np.nan
    matrix[:, 3] = 1.0
    return matrix, random.random(count) < 1 / (1 + np.exp(2 - 2 * np.nan_to_num(matrix[:, 0])))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_row_is_predicted_by_others(family: Family) -> None:
    matrix, outcome = data()
    crossed = family.cross_fit(Examples.plain(FEATURES, matrix, outcome), folds_of(outcome, 3, 0), family.defaults, 0)
    assert np.isfinite(crossed.margins).all()


@pytest.mark.parametrize("family", [Logistic(), LightGBM()], ids=lambda family: family.name)
def test_noise_is_not_learned_out_of_fold(family: Family) -> None:
    matrix, _ = data()
    outcome = np.random.default_rng(8).random(len(matrix)) < 0.3
    crossed = family.cross_fit(Examples.plain(FEATURES, matrix, outcome), folds_of(outcome, 3, 0), family.defaults, 0)
    assert abs(np.corrcoef(crossed.margins, outcome)[0, 1]) < 0.15


@pytest.mark.parametrize("family", [Logistic(), LightGBM()], ids=lambda family: family.name)
def test_a_constant_feature_has_no_importance(family: Family) -> None:
    matrix, outcome = data()
    examples = Examples.plain(FEATURES, matrix, outcome)
    importance = family.fit(examples, {**family.defaults, "trees": 20}, 0).importance()
    assert importance[0] > 0
    assert importance[3] == pytest.approx(0, abs=1e-12)


def test_constant_knows_only_the_rate() -> None:
    matrix, outcome = data()
    margins = Constant().fit(Examples.plain(FEATURES, matrix, outcome), {}, 0).margins(matrix)
    assert np.allclose(1 / (1 + np.exp(-margins)), outcome.mean())


def test_lowered_thresholds_change_no_prediction() -> None:
    random = np.random.default_rng(5)
    matrix = random.normal(size=(2000, 4)).astype(np.float32)
    settings = {"objective": "binary", "num_threads": 1, "verbosity": -1}
    exact = lightgbm.train(settings, lightgbm.Dataset(matrix, random.random(2000) < 0.3), 30)
    lowered = lightgbm.Booster(model_str=_with_float32_thresholds(exact))
    assert np.array_equal(exact.predict(matrix), lowered.predict(matrix))


def test_lowered_thresholds_are_float32() -> None:
    matrix, outcome = data()
    examples = Examples.plain(FEATURES, matrix, outcome)
    text = LightGBM().fit(examples, {**LightGBM().defaults, "trees": 5}, 0).text()
    assert text is not None
    values = [float(word) for line in text.splitlines() if line.startswith("threshold=") for word in line[10:].split()]
    assert values
    assert all(float(np.float32(value)) == value for value in values)


def test_scale_of_a_column_without_spread() -> None:
    scale = Scale.of(np.array([[1, np.nan], [1, np.nan]], np.float32))
    assert scale.apply(np.array([[1, 5]], np.float32)).tolist() == [[0, 5]]


def test_scale_clips_what_is_far_out() -> None:
    scale = Scale.of(np.array([[0], [1]], np.float32))
    assert scale.apply(np.array([[1e9], [np.nan]], np.float32)).tolist() == [[5], [0]]
