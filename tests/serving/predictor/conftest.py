"""Fixtures of the predictor's tests: its application in this process, and as a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np
import pytest

from serving import records
from serving.log.log import Log
from serving.predictor.admin import Admin
from serving.predictor.app import App
from serving.predictor.metrics import Metrics
from serving.predictor.service import PredictorService
from serving.predictor.settings import PredictorSettings
from serving.protocol.codec import Codec
from tests.ports import unused_port
from training.bundle import Bundle, Manifest
from training.bundle.history import write_history

APPLICATION = {
    "AMT_INCOME_TOTAL": 135_000.0,
    "AMT_CREDIT": 568_800.0,
    "CNT_CHILDREN": 2,
    "DAYS_EMPLOYED": -637,
    "EXT_SOURCE_1": 0.5,
    "EXT_SOURCE_2": 0.25,
    "EXT_SOURCE_3": None,
    "NAME_INCOME_TYPE": "Working",
    "CODE_GENDER": "F",
}


def tensors_of(*applications: dict[str, Any]) -> list[dict[str, Any]]:
    """One JSON tensor for each name in the applications."""
    types = {"NAME_INCOME_TYPE": "BYTES", "CODE_GENDER": "BYTES", "SK_ID_CURR": "INT64"}
    types |= {"CNT_CHILDREN": "INT64", "DAYS_EMPLOYED": "INT64"}
    names = dict.fromkeys(name for application in applications for name in application)
    return [
        {
            "name": name,
            "shape": [len(applications)],
            "datatype": types.get(name, "FP64"),
            "data": [application.get(name) for application in applications],
        }
        for name in names
    ]


@pytest.fixture
def application() -> dict[str, Any]:
    """One application that the toy bundle has nothing to say about."""
    return dict(APPLICATION)


@pytest.fixture
def tensors() -> Callable[..., list[dict[str, Any]]]:
    """Makes JSON tensors of applications."""
    return tensors_of


@pytest.fixture(scope="session")
def manifest(toy_bundle: Path) -> Manifest:
    """The toy bundle's."""
    return Bundle.open(toy_bundle).manifest


@pytest.fixture(scope="session")
def codec(manifest: Manifest) -> Codec:
    """The toy bundle's, answering with warnings."""
    return Codec(manifest)


class Site:
    """A predictor's two applications in this process, called as a server would call them."""

    def __init__(self, settings: PredictorSettings) -> None:
        self.log = Log(settings.log_directory, segment_bytes=1 << 20, limit_bytes=settings.log_bytes)
        metrics = Metrics()
        metrics.watch(self.log, None)
        self.service = PredictorService(self.log, metrics)
        self.admin = Admin(self.service, metrics, settings, self.log)
        self.app = App(self.service, metrics, settings)
        asyncio.run(self.admin.load(""))

    def call(
        self,
        method: str,
        path: str,
        content: Any = None,
        *,
        headers: Sequence[tuple[bytes, bytes]] = (),
        admin: bool = False,
    ) -> httpx.Response:
        """One request; content that is not bytes is sent as JSON."""
        return asyncio.run(self.call_async(method, path, content, headers=headers, admin=admin))

    async def call_async(
        self,
        method: str,
        path: str,
        content: Any = None,
        *,
        headers: Sequence[tuple[bytes, bytes]] = (),
        admin: bool = False,
    ) -> httpx.Response:
        body = content if isinstance(content, bytes) else b"" if content is None else msgspec.json.encode(content)
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "headers": list(headers)}
        await (self.admin if admin else self.app)(scope, receive, send)
        return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=sent[1]["body"])

    def records(self) -> list[records.Record]:
        """What is in the log."""
        return records_in(self.log.directory)


def records_in(directory: Path) -> list[records.Record]:
    entries = [entry for path in sorted(directory.glob("*.log")) for _, entry in records.read(path.read_bytes())]
    return [entry for entry in entries if isinstance(entry, records.Record)]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory, toy_bundle: Path, manifest: Manifest) -> Path:
    """A repository with version 2 alone and the history of clients 100001 and 100003; read-only."""
    directory = tmp_path_factory.mktemp("models")
    (directory / "2").symlink_to(toy_bundle)
    values = np.array([[1, 2], [90, np.nan]], dtype=np.float32)
    write_history(directory, np.array([100_001, 100_003]), values, manifest.history, datetime.now(UTC).date())
    return directory


@pytest.fixture
def open_site(tmp_path: Path, models: Path) -> Iterator[Callable[..., Site]]:
    """Opens a predictor with settings."""
    sites: list[Site] = []

    def open_one(**settings: Any) -> Site:
        folder = tmp_path / f"log{len(sites)}"
        sites.append(Site(PredictorSettings(**{"models": models, "log_directory": folder} | settings)))
        return sites[-1]

    yield open_one
    for site in sites:
        site.log.close()


@pytest.fixture
def site(open_site: Callable[..., Site]) -> Site:
    """A predictor with the default settings."""
    return open_site()


class Process:
    """A predictor as a process of its own."""

    def __init__(self, models: Path, folder: Path, **settings: Any) -> None:
        self.port, self.admin_port = unused_port(), unused_port()
        self.url, self.admin_url = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.admin_port}"
        self.log_directory = folder / "log"
        self.stderr = folder / "stderr"
        settings = {"models": models, "log_directory": self.log_directory, **settings}
        settings |= {"http_port": self.port, "admin_port": self.admin_port}
        environment = {f"CREDENCE_{name.upper()}": str(value) for name, value in settings.items()}
        with self.stderr.open("ab") as errors:
            command = [sys.executable, "-m", "serving.predictor"]
            self._process = subprocess.Popen(command, env=os.environ | environment, stderr=errors)

    def wait_ready(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/v2/health/ready").status_code == 200:
                    return
            time.sleep(0.05)
        pytest.fail(f"the predictor did not become ready: {self.stderr.read_text()}")

    def send_signal(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self, seconds: float = 60) -> int:
        return self._process.wait(seconds)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def running(self) -> bool:
        return self._process.poll() is None


@pytest.fixture
def start(tmp_path: Path, toy_repository: Path) -> Iterator[Callable[..., Process]]:
    """Starts predictors on versions 1 and 2, in folders that outlive them; all are ended after the test."""
    started: list[Process] = []

    def start_one(**settings: Any) -> Process:
        started.append(Process(toy_repository, tmp_path, **{"drain_seconds": 0.1} | settings))
        return started[-1]

    yield start_one
    for process in started:
        process.kill()


@pytest.fixture(scope="session")
def predictor(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Iterator[Process]:
    """A running predictor that several tests share; none of them changes it."""
    process = Process(models, tmp_path_factory.mktemp("predictor"), body_seconds=1, drain_seconds=0)
    process.wait_ready()
    yield process
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 0
