"""A version calibrated anew: the same model, other probabilities."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from tests.recent_lender import Lender, asked, with_column
from training.bundle import Bundle, BundleError, Manifest, Rows
from training.errors import TrainingError
from training.features.graph import feature_graph
from training.measures.policy import calibrate
from training.products.home_credit import PRODUCT
from training.rows.recent import Recent
from training.runs.assemble import with_calibration
from training.runs.recalibrate import recalibrate


@pytest.fixture(scope="module")
def recent(lender) -> Recent:
    return lender.recent


@pytest.fixture(scope="module")
def directory(champion: Path, recent: Recent, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("recalibrated")
    recalibrate(Bundle.open(champion), "1", recent, made)
    return made


@pytest.fixture(scope="module")
def manifest(directory: Path) -> Manifest:
    return Bundle.open(directory).manifest


def test_margins_keep_their_bits(champion: Path, directory: Path) -> None:
    rows, _ = Bundle.open(champion).replay()
    before, after = Bundle.open(champion).score(rows), Bundle.open(directory).score(rows)
    assert np.array_equal(before.margin, after.margin)
    assert not np.array_equal(before.probability, after.probability)


def test_probabilities_follow_the_calibration(directory: Path) -> None:
    bundle = Bundle.open(directory)
    scores = bundle.score(bundle.replay()[0])
    assert scores.probability == pytest.approx(calibrate(scores.margin, bundle.manifest.calibration), abs=1e-12)
    bundle.check_replay()


def test_rows_keep_their_bits_alone(directory: Path) -> None:
    bundle = Bundle.open(directory)
    rows, _ = bundle.replay()
    alone = [bundle.score(rows.take(slice(i, i + 1))).probability for i in range(len(rows))]
    assert np.array_equal(np.concatenate(alone), bundle.score(rows).probability)


def test_all_but_the_calibration_is_the_parents(champion: Path, manifest: Manifest) -> None:
    changed = ("calibration", "metrics", "alarms", "population", "cohorts", "recent_fingerprint", "parent")
    parent = Bundle.open(champion).manifest
    told = {name: getattr(manifest, name) for name in changed}
    assert msgspec.structs.replace(parent, **told) == manifest
    assert manifest.parent == "1"


def test_ids_are_the_parents_and_the_calibrations(champion: Path, directory: Path, recent: Recent) -> None:
    parent, bundle = Bundle.open(champion), Bundle.open(directory)
    assert np.isin(parent.training_ids, bundle.training_ids).all()
    assert not bundle.learned_from(asked(recent.held_out[1])).any()
    assert len(bundle.training_ids) > len(parent.training_ids)


def test_explanations_are_the_parents(champion: Path, directory: Path) -> None:
    rows, _ = Bundle.open(directory).replay()
    parent, bundle = Bundle.open(champion), Bundle.open(directory)
    assert np.array_equal(parent.contributions(rows), bundle.contributions(rows))


def test_card_names_the_parent(directory: Path) -> None:
    assert "model of version 1, unchanged" in (directory / "card.md").read_text()


def test_reversed_ranking_is_refused(champion: Path, recent: Recent, tmp_path: Path) -> None:
    bundle = Bundle.open(champion)

    def reversed_outcomes(table: pa.Table) -> pa.Table:
        margin = bundle.score(Rows.from_table(table, bundle.manifest)).margin
        unknown = ~table["outcome"].is_valid().to_numpy()
        return with_column(table, "outcome", pa.array(margin < np.quantile(margin, 0.2), mask=unknown))

    learned = {cohort: reversed_outcomes(table) for cohort, table in recent.learned.items()}
    with pytest.raises(TrainingError, match="version 1 does not rank the applicants"):
        recalibrate(bundle, "1", replace(recent, learned=learned), tmp_path)


def test_cohorts_of_another_history_are_left_out(champion: Path, recent: Recent, tmp_path: Path) -> None:
    bundle, said = Bundle.open(champion), list[str]()
    name = bundle.manifest.history[0]
    learned = {"1-1": recent.learned["1-1"].drop_columns(name), "1-2": recent.learned["1-2"]}
    manifest = recalibrate(bundle, "1", replace(recent, learned=learned), tmp_path, said.append)
    assert manifest.cohorts == ("1-2",)
    assert "left out 1 cohorts" in said[0]


def learned_by(bundle: Bundle, lender: Lender, table: pa.Table) -> pa.Table:
    """The applications of a table as those of clients that the bundle's model learned from."""
    clients = lender.tables.train["SK_ID_CURR"].to_numpy()
    return with_column(table, "client", pa.array(clients[bundle.learned_from(clients)][: len(table)]))


def test_learned_clients_calibrate_nothing(champion: Path, lender: Lender, recent: Recent, tmp_path: Path) -> None:
    """Of clients that it learned from a model says too surely what became of them."""
    bundle, said = Bundle.open(champion), list[str]()
    older, newer = recent.learned["1-1"], learned_by(bundle, lender, recent.learned["1-2"])
    found = recalibrate(bundle, "1", replace(recent, learned={"1-1": older, "1-2": newer}), tmp_path, said.append)
    alone = recalibrate(bundle, "1", replace(recent, learned={"1-1": older}), tmp_path / "alone")
    assert (found.calibration, found.cohorts) == (alone.calibration, ("1-1",))
    assert "outcomes of clients that the model learned from" in said[0]


def test_learned_clients_judge_nothing(champion: Path, lender: Lender, recent: Recent, tmp_path: Path) -> None:
    bundle, (name, table) = Bundle.open(champion), recent.held_out
    with pytest.raises(TrainingError, match=f"cohort {name} has 0 defaults among 0 clients"):
        recalibrate(bundle, "1", replace(recent, held_out=(name, learned_by(bundle, lender, table))), tmp_path)
    learned = {cohort: learned_by(bundle, lender, each) for cohort, each in recent.learned.items()}
    with pytest.raises(TrainingError, match="no outcome of clients that version 1 did not learn from"):
        recalibrate(bundle, "1", replace(recent, learned=learned), tmp_path)


def test_a_foreign_graph_is_refused(champion: Path) -> None:
    manifest = Bundle.open(champion).manifest
    graph = feature_graph(PRODUCT, manifest.fields, manifest.history, manifest.features)
    with pytest.raises(BundleError, match="probability"):
        with_calibration(graph, manifest.calibration)
