"""An MLflow server to publish at, and a bundle and a history to publish."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import unused_port
from tests.training.bundle.artifact_server import artifact_server


@pytest.fixture(scope="session")
def mlflow_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with artifact_server(tmp_path_factory.mktemp("artifact-server")) as url:
        yield url


@pytest.fixture
def bundle(toy_bundle: Path, tmp_path: Path) -> Path:
    """A bundle with a folder, an empty file and a name that a URL cannot hold as it is."""
    path = tmp_path / "bundle"
    shutil.copytree(toy_bundle, path)
    (path / "reports").mkdir(exist_ok=True)
    (path / "reports" / "à voir 1.html").write_text("<h1>report</h1>")
    (path / "empty").touch()
    return path


@pytest.fixture
def unused_url() -> str:
    """Where nothing listens."""
    return f"http://127.0.0.1:{unused_port()}"
