from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest

from flows.errors import FlowError
from flows.runs.retrain import Gathered, like, origin, tables
from training.bundle import Bundle, Costs
from training.registry import Figures, Registry
from training.rows.recent import Recent
from training.runs.train import Options

NOTHING = Recent({}, ("1-1", pa.table({})))


@pytest.fixture(scope="module")
def registry(mlflow_url: str) -> Registry:
    return Registry(mlflow_url)


def child(bundle: Path, parent: str, directory: Path) -> Path:
    """The same bundle as a recalibration of a version."""
    shutil.copytree(bundle, directory)
    manifest = msgspec.structs.replace(Bundle.open(bundle).manifest, parent=parent)
    (directory / "bundle.json").write_bytes(msgspec.json.encode(manifest))
    return directory


def gathered(registry: Registry, number: str, folder: Path) -> Gathered:
    return Gathered(number, registry.download(number, folder), NOTHING)


def test_recalibrated_champion_goes_back_to_its_training(registry: Registry, toy_bundle: Path, tmp_path: Path) -> None:
    lender = tmp_path / "lender"
    lender.mkdir()
    first = registry.register(toy_bundle, Figures({"trials": 3}, {}, [], str(lender))).number
    path, number = toy_bundle, first
    for name in ("second", "third"):
        path = child(path, number, tmp_path / name)
        number = registry.register(path, Figures({}, {}, [], f"version {number}")).number
    champion = gathered(registry, number, tmp_path / "models")
    assert origin(champion, registry) == first
    assert tables(champion, registry) == lender
    assert registry.parameters(first)["trials"] == "3"


@pytest.mark.parametrize("source", ["", "gone", "/gone/lender"])
def test_gone_tables_are_said(registry: Registry, toy_bundle: Path, tmp_path: Path, source: str) -> None:
    number = registry.register(toy_bundle, Figures({}, {}, [], source)).number
    with pytest.raises(FlowError, match=f"the raw tables of version {number} are not in"):
        tables(gathered(registry, number, tmp_path / "models"), registry)


def test_options_carry_over(toy_bundle: Path) -> None:
    manifest = msgspec.structs.replace(Bundle.open(toy_bundle).manifest, allowed=("CODE_GENDER",), seed=7)
    options = like(manifest, {"trials": "3", "source": "synthetic"})
    assert options == Options(
        source="synthetic", seed=7, trials=3, costs=Costs(10, 1), allow=("CODE_GENDER",), auc_alarm=0.82
    )
