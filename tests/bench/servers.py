"""The servers under load: each a process of ours on a free port of 127.0.0.1, one worker, one thread for the model."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.ports import unused_port

_ROOT = Path(__file__).parents[2]
_MLSERVER = _ROOT / ".venv-bench" / "bin" / "mlserver"
EXPLAINER = _ROOT / ".venv-explainer" / "bin" / "python"
_START_SECONDS = 60


class ServerError(Exception):
    """A server that did not start or did not answer."""


@contextlib.contextmanager
def credence(models: Path, log: Path) -> Iterator[int]:
    """Our predictor, checking and recording; its port."""
    port = unused_port()
    settings = {
        "MODELS": models,
        "HTTP_PORT": port,
        "ADMIN_PORT": 0,
        "LOG_DIRECTORY": log,
        "LOG_BYTES": 8 << 30,
        "DRAIN_SECONDS": 0,
    }
    environment = {f"CREDENCE_{name}": str(value) for name, value in settings.items()}
    with _running([sys.executable, "-m", "serving.predictor"], environment, port, "/v2/health/ready"):
        yield port


@contextlib.contextmanager
def explainer(models: Path) -> Iterator[int]:
    """Our explainer, in its own environment."""
    port = unused_port()
    command = [str(EXPLAINER), "-m", "serving.explainer", "--models", str(models), "--http_port", str(port)]
    with _running(command, {}, port, "/v2/health/ready"):
        yield port


@contextlib.contextmanager
def kserve(boosters: Path, *, tuned: bool) -> Iterator[int]:
    """KServe's server as `kserve_server` sets it up: with its defaults, or `tuned` without a line of log a request."""
    port = unused_port()
    command = [sys.executable, "-m", "tests.bench.kserve_server", "--booster", str(boosters / "model.bst")]
    command += ["--http_port", str(port), "--enable_grpc", "false", *(["--tuned"] if tuned else [])]
    with _running(command, {}, port, "/v2/models/joined/ready"):
        yield port


@contextlib.contextmanager
def mlserver(boosters: Path, folder: Path, *, tuned: bool) -> Iterator[int]:
    """MLServer with its LightGBM runtime as `stock`, and the model of `mlserver_joined`.

    With its defaults, which are one worker process beside the server's own and a line of log a request; `tuned` without
    the two.
    """
    if not _MLSERVER.exists():
        raise ServerError(
            f"{_MLSERVER.relative_to(_ROOT)}: expected MLServer in an environment of its own (make bench)"
        )
    names = ("http_port", "grpc_port", "metrics_port")
    settings: dict[str, Any] = {"host": "127.0.0.1"} | {name: unused_port() for name in names}
    if tuned:
        settings |= {"debug": False, "parallel_workers": 0}
    # its workers leave files in the folder they are started in
    settings |= {"metrics_dir": str(folder / "metrics"), "environments_dir": str(folder / "environments")}
    _write_json(folder / "settings.json", settings)
    for name, runtime in (
        ("stock", "mlserver_lightgbm.LightGBMModel"),
        ("joined", "tests.bench.mlserver_joined.Joined"),
    ):
        model = {"name": name, "implementation": runtime, "parameters": {"uri": str(boosters / "model.bst")}}
        _write_json(folder / name / "model-settings.json", model)
    port = int(settings["http_port"])
    with _running([str(_MLSERVER), "start", str(folder)], {}, port, "/v2/models/joined/ready"):
        yield port


@contextlib.contextmanager
def echo(size: int) -> Iterator[int]:
    """The bare server of `echo`."""
    port = unused_port()
    with _running([sys.executable, "-m", "tests.bench.echo", str(port), str(size)], {}, port, "/"):
        yield port


def post(port: int, path: str, body: bytes) -> bytes:
    """One request's answer. Raises ServerError for any status but 200."""
    status, answer = _ask(port, "POST", path, body)
    if status != 200:
        raise ServerError(f"POST {path} was answered with {status}: {answer[:500].decode('utf-8', 'replace')}")
    return answer


def get(port: int, path: str) -> bytes:
    """The answer to a GET, whatever its status."""
    return _ask(port, "GET", path, b"")[1]


@contextlib.contextmanager
def _running(command: Sequence[str], settings: dict[str, str], port: int, path: str) -> Iterator[None]:
    """A process until the block ends, from when it answers `path` with 200."""
    environment = {**os.environ, **settings, "PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command, cwd=_ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            if not _answers(process, port, path):
                output.seek(0)
                raise ServerError(f"{' '.join(command)} did not start:\n{output.read()[-2000:]}")
            yield
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    # MLServer's workers may outlive it, and KServe's server may wait for connections that nobody closes
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _answers(process: subprocess.Popen[bytes], port: int, path: str) -> bool:
    """Whether it does so before it ends or time is up."""
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError):
            if _ask(port, "GET", path, b"")[0] == 200:
                return True
        time.sleep(0.02)
    return False


def _ask(port: int, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
