"""On the real sample: the run's promises, held on every row."""

from pathlib import Path

import numpy as np
import pytest

from training.bundle import Bundle
from training.bundle.bundle import start
from training.candidates import FAMILIES
from training.candidates.lightgbm import LightGBM
from training.products.home_credit import PRODUCT
from training.runs.assemble import assemble, check_agreement
from training.runs.train import Options, TrainingRun, train
from training.tables import read


@pytest.fixture(scope="module")
def run(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingRun:
    return train(read(sample, PRODUCT), Options(trials=1), tmp_path_factory.mktemp("bundle"))


def test_real_clients_are_ranked(run: TrainingRun) -> None:
    # The hold-out of 1,000 clients alone moves the figure by 0.05.
    assert 0.70 < run.manifest.metrics["auc"].value < 0.82


def test_the_model_beats_approving_everybody(run: TrainingRun) -> None:
    rate = run.prepared.held_out.outcome.mean()
    assert run.manifest.metrics["cost"].value < 10 * rate


def test_graph_and_trees_agree_on_every_row(run: TrainingRun) -> None:
    learned, held_out, features = run.prepared.learned, run.prepared.held_out, run.prepared.features
    trees = LightGBM().fit(run.prepared.examples, {**LightGBM.defaults, "trees": 200}, 0)
    session = start(
        assemble(PRODUCT, run.prepared.fields, run.prepared.history, features, trees, run.manifest.calibration)
    )
    for part in (learned, held_out):
        (margin,) = session.run(["margin"], part.rows.tensors())
        assert np.abs(margin - trees.margins(part.matrix)).max() < 1e-4


def test_the_bundle_agrees_with_its_library_on_every_row(run: TrainingRun) -> None:
    bundle, learned = Bundle.open(run.directory), run.prepared.learned
    (family,) = (family for family in FAMILIES if family.name == run.chosen.family)
    fitted = family.fit(run.prepared.examples, run.chosen.parameters, 0)
    check_agreement(bundle, learned.rows, fitted)


def test_every_row_has_the_same_bits_alone(run: TrainingRun) -> None:
    bundle, rows = Bundle.open(run.directory), run.prepared.held_out.rows
    alone = [bundle.score(rows.take(slice(i, i + 1))).probability for i in range(len(rows))]
    assert np.array_equal(np.concatenate(alone), bundle.score(rows).probability)


def test_nobody_held_out_was_learned_from(run: TrainingRun) -> None:
    bundle = Bundle.open(run.directory)
    assert bundle.learned_from(run.prepared.learned.clients).all()
    assert not bundle.learned_from(run.prepared.held_out.clients).any()
