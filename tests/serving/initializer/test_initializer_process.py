from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.training.bundle.artifact_server import artifact_server
from training.bundle import MODEL, remote

ROOT = Path(__file__).parents[3]
URI = f"mlflow://credence.default/{MODEL}"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def mlflow_url(tmp_path_factory: pytest.TempPathFactory, toy_bundle: Path) -> Iterator[str]:
    """A server with version 3, and no history."""
    with artifact_server(tmp_path_factory.mktemp("artifact-server")) as url:
        remote.publish(url, toy_bundle, MODEL, "3")
        yield url


@pytest.fixture
def run(mlflow_url: str) -> Run:
    def initialize(*arguments: str | Path, url: str = mlflow_url) -> subprocess.CompletedProcess[str]:
        command, environment = [sys.executable, "-m", "serving.initializer", *arguments], os.environ | variable(url)
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, umask=0o077)

    return initialize


def test_version_is_there_for_any_user(run: Run, tmp_path: Path, toy_repository: Path, mlflow_url: str) -> None:
    first = run(f"{URI}/3", tmp_path / "models")
    assert first.returncode == 0, first.stderr
    assert [json.loads(line)["level"] for line in first.stderr.splitlines()] == ["info", "warning"]
    assert "no client history is published" in first.stderr
    history = next(toy_repository.glob("history-*.arrow"))
    remote.publish_history(mlflow_url, history, MODEL)
    assert run(f"{URI}/3", tmp_path / "models").returncode == 0
    assert {path.name for path in (tmp_path / "models").iterdir()} == {"3", history.name}
    modes = [stat.filemode(path.stat().st_mode) for path in (tmp_path / "models").rglob("*")]
    assert set(modes) == {"drwxr-xr-x", "-rw-r--r--"}


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        (f"{URI}/4", f"{URI}/4 cannot be served: version 4 of .* not published there"),
        (f"{URI}/champion", "with a version's number, got '.*champion'"),
        ("s3://models/3", r"expected mlflow://RELEASE\.NAMESPACE/MODEL/VERSION"),
        (f"{URI}/../3", "expected mlflow://"),
    ],
)
def test_what_cannot_be_fetched_is_named(run: Run, uri: str, said: str, tmp_path: Path) -> None:
    done = run(uri, tmp_path)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert re.search(said, done.stderr), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_missing_address_is_named(run: Run, tmp_path: Path) -> None:
    assert "CREDENCE_MLFLOW_URL: expected MLflow's address" in run(f"{URI}/3", tmp_path, url="").stderr


def test_password_is_never_told(run: Run, tmp_path: Path) -> None:
    done = run(f"{URI}/3", tmp_path, url="http://user:geheim@[")
    assert done.returncode == 1
    assert "geheim" not in done.stderr


def test_restarting_mlflow_is_waited_for(tmp_path: Path) -> None:
    """It is away, then answers that it is not ready; the pod goes on when it is."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        environment = os.environ | variable(f"http://127.0.0.1:{listening.getsockname()[1]}")
        command = [sys.executable, "-m", "serving.initializer", f"{URI}/3", tmp_path / "models"]
        with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr
            answer(listening, b"")
            assert "MLflow does not answer" in process.stderr.readline()
            answer(listening, b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 8\r\n\r\nstarting")
            assert "MLflow answers 503: starting; trying again in 1 s" in process.stderr.readline()
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 128 + signal.SIGTERM


def answer(listening: socket.socket, content: bytes) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.recv(1 << 16)
        connection.sendall(content)


def variable(url: str) -> dict[str, str]:
    return {"CREDENCE_MLFLOW_URL": url}
