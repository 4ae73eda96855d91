import numpy as np
import pytest

from tests.toy.fields import TOY_FIELDS, TOY_HISTORY, TOY_PRODUCT
from tests.toy.rows import toy_rows
from training.bundle import Calibration
from training.bundle.bundle import start
from training.candidates import FAMILIES, Examples, Family
from training.candidates.constant import Constant
from training.candidates.logistic import Logistic
from training.features.graph import feature_graph, features_from
from training.measures.policy import calibrate
from training.runs.assemble import assemble

NAMES = TOY_HISTORY
FEATURES = features_from(TOY_PRODUCT, TOY_FIELDS, TOY_HISTORY, ())
CALIBRATION = Calibration(slope=0.9, intercept=-0.3)
ROWS = toy_rows(1501)


def outcomes() -> np.ndarray:
    return np.random.default_rng(1).random(len(ROWS)) < 0.4 * (1 - np.nan_to_num(ROWS.numeric[:, 4], nan=0.5))


@pytest.fixture(params=FAMILIES, ids=lambda family: family.name)
def answers(request: pytest.FixtureRequest) -> dict[str, np.ndarray]:
    """A family's model as its library and as a graph computes it, in a batch and row by row."""
    family: Family = request.param
    (matrix,) = start(feature_graph(TOY_PRODUCT, TOY_FIELDS, NAMES, FEATURES)).run(None, ROWS.tensors())
    fitted = family.fit(Examples.plain(FEATURES, matrix, outcomes()), {**family.defaults, "trees": 60}, 0)
    session = start(assemble(TOY_PRODUCT, TOY_FIELDS, NAMES, FEATURES, fitted, CALIBRATION))
    batch = dict(zip([node.name for node in session.get_outputs()], session.run(None, ROWS.tensors()), strict=True))
    alone = [session.run(["probability"], ROWS.take(slice(i, i + 1)).tensors())[0] for i in range(len(ROWS))]
    order = np.random.default_rng(2).permutation(len(ROWS))
    shuffled = session.run(["probability"], ROWS.take(order).tensors())[0]
    return {
        **batch,
        "library": fitted.margins(matrix),
        "alone": np.concatenate(alone),
        "restored": shuffled[order.argsort()],
    }


def test_graph_and_library_agree(answers: dict[str, np.ndarray]) -> None:
    assert np.abs(answers["margin"] - answers["library"]).max() < 1e-5
    assert np.abs(answers["probability"] - calibrate(answers["library"], CALIBRATION)).max() < 1e-6


def test_rows_have_the_same_bits_alone(answers: dict[str, np.ndarray]) -> None:
    assert np.array_equal(answers["alone"], answers["probability"])


def test_rows_have_the_same_bits_in_any_order(answers: dict[str, np.ndarray]) -> None:
    assert np.array_equal(answers["restored"], answers["probability"])


@pytest.mark.parametrize("answers", [Constant(), Logistic()], ids=lambda family: family.name, indirect=True)
def test_graph_contributions_sum_to_margins(answers: dict[str, np.ndarray]) -> None:
    """Trees leave theirs to LightGBM."""
    assert np.allclose(answers["contributions"].sum(axis=1), answers["margin"], atol=1e-12)
