"""A whole run on a small synthetic lender."""

import filecmp
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from training.bundle import Bundle
from training.products.home_credit import PRODUCT
from training.runs.train import Options, TrainingRun, train
from training.synthetic import synthesise
from training.tables import Tables, read

OPTIONS = Options(trials=2, auc_alarm=0.5)
"""With a limit that any model is above, so that an alarm is among what is looked at."""


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("lender") / "tables"
    synthesise(1500, folder, seed=4)
    return read(folder, PRODUCT)


@pytest.fixture(scope="module")
def run(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> TrainingRun:
    return train(tables, OPTIONS, tmp_path_factory.mktemp("first"))


def test_one_seed_makes_one_bundle(run: TrainingRun, tables: Tables, tmp_path: Path) -> None:
    train(tables, OPTIONS, tmp_path)
    names = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    same, different, failed = filecmp.cmpfiles(run.directory, tmp_path, names, shallow=False)
    assert different == failed == []
    assert {"bundle.json", "model.onnx", "card.md", "reports/index.html"} <= set(same)


def test_the_bundle_replays(run: TrainingRun) -> None:
    Bundle.open(run.directory).check_replay()


def test_the_cheapest_family_is_chosen(run: TrainingRun) -> None:
    assert run.chosen.cost == min(candidate.cost.value for candidate in run.results.candidates)


def test_refusing_begins_inside_its_interval(run: TrainingRun) -> None:
    policy = run.manifest.policy
    assert policy.threshold_low <= policy.threshold <= policy.threshold_high


def test_every_reason_is_used_and_known(run: TrainingRun) -> None:
    manifest = run.manifest
    assert {feature.reason for feature in manifest.features} == {reason.code for reason in manifest.reasons}


def test_fields_without_a_feature_are_not_required(run: TrainingRun) -> None:
    manifest = msgspec.json.decode((run.directory / "bundle.json").read_bytes())
    used = {name for feature in manifest["features"] for name in feature["made_from"]}
    required = {field["name"] for field in manifest["fields"] if field.get("required")}
    assert "AMT_CREDIT" in required
    assert required <= used
    assert not required & {"CODE_GENDER", "DAYS_BIRTH"}


def test_an_implausible_result_raises_the_alarm(run: TrainingRun) -> None:
    assert "implausible" in run.manifest.alarms[0]
    assert "implausible" in (run.directory / "card.md").read_text()


def test_a_lender_without_history_can_train(tables: Tables, tmp_path: Path) -> None:
    alone = train(replace(tables, history={}), Options(trials=1), tmp_path)
    assert alone.manifest.history == ()
    Bundle.open(tmp_path).check_replay()
