from __future__ import annotations

from pathlib import Path

import pytest

from flows.machine.platform import Platform
from flows.settings import PlatformSettings
from training.bundle import Bundle
from training.registry import Figures, Registry, RegistryError


def test_server_hands_out_what_it_was_given(
    settings_with_registry: PlatformSettings, toy_bundle: Path, tmp_path: Path
) -> None:
    local = Platform(settings_with_registry)
    registry = Registry(settings_with_registry.registry_url)
    try:
        assert local.up(print) == ["registry", "monitor"]
        assert registry.aliases() == {}
        assert registry.register(toy_bundle, Figures({"seed": 1}, {"auc": 0.7}, [], "")).number == "1"
        Bundle.open(registry.download("1", tmp_path / "models")).check_replay()
        folder = settings_with_registry.folder
        databases = {path.name for parent in (folder / "mlflow", folder) for path in parent.glob("*.sqlite")}
        assert databases == {"mlflow.sqlite", "records.sqlite"}
        assert list(folder.glob("mlflow/artifacts/**/bundle.json"))
        assert [path for path in tmp_path.iterdir() if path.name.startswith("home")] == [folder]
    finally:
        assert set(local.down(print)) == {"registry", "monitor"}
    with pytest.raises(RegistryError, match="start it with `credence up`"):
        registry.aliases()
