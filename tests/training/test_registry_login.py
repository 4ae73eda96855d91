"""MLflow behind its own login: with it, everything works; without it, the error says how to log in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.training.bundle.artifact_server import artifact_server
from training.bundle import MODEL, Bundle, BundleError, remote
from training.registry import Figures, Registry, RegistryError

USER, PASSWORD = "scoring", "correct horse @ battery"


@pytest.fixture(scope="module")
def mlflow_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("login")
    users = folder / "users.ini"
    users.write_text(
        f"[mlflow]\ndefault_permission = MANAGE\ndatabase_uri = sqlite:///{folder}/users.db\n"
        f"admin_username = {USER}\nadmin_password = {PASSWORD}\n"
    )
    settings = {"MLFLOW_AUTH_CONFIG_PATH": str(users), "MLFLOW_FLASK_SERVER_SECRET_KEY": "of this test"}
    options = ["--app-name", "basic-auth", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--serve-artifacts"]
    with artifact_server(folder, settings=settings, options=options) as url:
        yield url


def test_login_opens_registry_and_artifacts(
    mlflow_url: str, toy_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", USER)
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", PASSWORD)
    version = Registry(mlflow_url).register(toy_bundle, Figures({}, {}, [], "a folder")).number
    remote.publish(mlflow_url, toy_bundle, MODEL, version)
    fetched = remote.fetch(mlflow_url, MODEL, version, tmp_path)
    assert Bundle.open(fetched).manifest == Bundle.open(toy_bundle).manifest


def test_missing_login_is_named(mlflow_url: str, toy_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", USER)
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "wrong")
    with pytest.raises(BundleError, match="MLflow answers 401: log in with MLFLOW_TRACKING_USERNAME"):
        remote.publish(mlflow_url, toy_bundle, MODEL, "1")
    with pytest.raises(RegistryError, match="log in with MLFLOW_TRACKING_USERNAME"):
        Registry(mlflow_url).aliases()
