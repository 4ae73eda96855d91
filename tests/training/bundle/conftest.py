"""An MLflow server to publish at, and a bundle and a history to publish."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import unused_port
from tests.training.bundle.artifact_server import artifact_server
from tests.training.bundle.object_store import BUCKET, object_store


@pytest.fixture(scope="session", params=["folder", "object store"])
def mlflow_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("artifact-server")
    if request.param == "folder":
        with artifact_server(folder) as url:
            yield url
    else:
        with (
            object_store(folder / "store") as settings,
            artifact_server(folder, f"s3://{BUCKET}/mlflow", settings) as url,
        ):
            yield url
            assert (folder / "store" / BUCKET / "mlflow").is_dir()


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
