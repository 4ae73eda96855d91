from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from training.bundle import Bundle
from training.registry import Figures, LoggedTrial, Registry, RegistryError

FIGURES = Figures({"seed": 0}, {"auc": 0.75}, [LoggedTrial("lightgbm-1", {"num_leaves": 7}, {"cost": 0.5})], "a folder")


@pytest.fixture(scope="module")
def bundle(toy_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy bundle with a model card and a report."""
    folder = tmp_path_factory.mktemp("registry") / "bundle"
    shutil.copytree(toy_bundle, folder)
    (folder / "card.md").write_text("# A model card\n")
    (folder / "reports").mkdir()
    (folder / "reports" / "index.html").write_text("<h1>report</h1>")
    return folder


@pytest.fixture(scope="module")
def registry(mlflow_url: str, bundle: Path) -> Registry:
    """A registry with two versions."""
    registry = Registry(mlflow_url)
    registry.register(bundle, FIGURES)
    registry.register(bundle, FIGURES)
    return registry


def test_newest_version_is_challenger(registry: Registry) -> None:
    assert registry.aliases()["challenger"] == "2"
    assert [version.number for version in registry.versions()] == ["2", "1"]
    assert registry.versions()[0].aliases == ("challenger",)
    assert registry.versions()[0].source == "a folder"


def test_pages_are_all_read(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.registry.connection.PAGE", 1)
    assert [version.number for version in registry.versions()] == ["2", "1"]


def test_version_tells_what_it_learned_from(registry: Registry, bundle: Path, tmp_path: Path) -> None:
    """In a model of its own, as a recalibration of version 1."""
    path, other = tmp_path / "bundle", Registry(registry.url, "recalibrated")
    shutil.copytree(bundle, path)
    told = {"population": "accepted", "recent_fingerprint": "abc", "parent": "1"}
    manifest = msgspec.structs.replace(Bundle.open(bundle).manifest, cohorts=("1-1", "1-2"), **told)
    (path / "bundle.json").write_bytes(msgspec.json.encode(manifest))
    number = other.register(path, FIGURES).number
    tags = registry._client.get_model_version("recalibrated", number).tags
    assert told | {"cohorts": "1-1, 1-2"} == {name: tags[name] for name in (*told, "cohorts")}


def test_long_card_is_cut_to_what_postgresql_takes(registry: Registry, bundle: Path, tmp_path: Path) -> None:
    path, other = tmp_path / "bundle", Registry(registry.url, "wordy")
    shutil.copytree(bundle, path)
    (path / "card.md").write_text("# A model card\n" + "a line of it\n" * 1_000)
    number = other.register(path, FIGURES).number
    shown = registry._client.get_model_version("wordy", number).description
    assert 4_900 < len(shown) <= 5_000
    assert shown.endswith("a line of it\n\nThe rest is in `card.md` among the model's artifacts.\n")


def test_alias_moves(registry: Registry) -> None:
    registry.alias("champion", "1")
    assert registry.aliases()["champion"] == "1"
    assert "champion" in registry.version("1").aliases


def test_download_is_the_bundle(registry: Registry, bundle: Path, tmp_path: Path) -> None:
    path = registry.download("1", tmp_path)
    assert path == tmp_path / "1"
    for file in bundle.rglob("*"):
        if file.is_file():
            assert (path / file.relative_to(bundle)).read_bytes() == file.read_bytes()
    Bundle.open(path).check_replay()
    assert [entry.name for entry in tmp_path.iterdir()] == ["1"]


def test_pyfunc_answers_the_same(registry: Registry, bundle: Path) -> None:
    import mlflow

    model = mlflow.pyfunc.load_model(f"models:/{registry.model}/1")
    rows, expected = Bundle.open(bundle).replay()
    assert np.array_equal(model.predict(rows.tensors())["probability"], expected)
    example = model.input_example
    assert set(example) == {"numeric", "categorical", "history"}
    assert model.predict(example)["probability"][0] == expected[0]


def test_onnx_flavour_loads(registry: Registry) -> None:
    import mlflow

    assert mlflow.onnx.load_model(f"models:/{registry.model}/1").graph.name == "credence"


def test_run_tells_everything(registry: Registry, bundle: Path) -> None:
    client = registry._client
    version = registry.version("1")
    run = client.get_run(version.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params == {"seed": "0"}
    assert run.data.metrics == {"auc": 0.75}
    assert run.inputs.dataset_inputs[0].dataset.digest == Bundle.open(bundle).manifest.fingerprint[:36]
    assert [file.path for file in client.list_artifacts(version.run_id, "reports")] == ["reports/index.html"]
    assert client.get_model_version(registry.model, "1").description == "# A model card\n"


def test_trials_are_nested_runs(registry: Registry) -> None:
    run_id = registry.version("1").run_id
    query = f"tags.mlflow.parentRunId = '{run_id}'"
    (trial,) = registry._client.search_runs(_experiments(registry), query)
    assert (trial.info.run_name, trial.data.params, trial.data.metrics) == (
        "lightgbm-1",
        {"num_leaves": "7"},
        {"cost": 0.5},
    )


def test_nothing_is_pickled(registry: Registry, tmp_path: Path) -> None:
    files = [file for file in registry.download("1", tmp_path).rglob("*") if file.is_file()]
    assert not [file for file in files if file.suffix in {".pkl", ".pickle", ".joblib", ".dill", ".skops"}]
    # a pickle of protocol 2 and later begins with this
    assert not [file for file in files if file.read_bytes()[:1] == b"\x80" and file.read_bytes()[-1:] == b"."]


def test_unknown_version_is_refused(registry: Registry) -> None:
    with pytest.raises(RegistryError, match="not found"):
        registry.version("99")


def _experiments(registry: Registry) -> list[str]:
    return [registry._client.get_experiment_by_name(registry.model).experiment_id]
