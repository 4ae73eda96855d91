"""Fixtures that several packages' tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from flows.settings import bypass_proxy
from tests.toy.bundle import write_toy_bundle
from tests.toy.fields import TOY_HISTORY
from training.bundle.history import write_history
from training.registry import Registry

bypass_proxy()  # tests ask servers on this machine


@pytest.fixture(scope="session")
def toy_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small bundle, read-only."""
    directory = tmp_path_factory.mktemp("bundle")
    write_toy_bundle(directory)
    return directory


@pytest.fixture(scope="session")
def toy_versions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bundles of versions 1 and 2, read-only."""
    directory = tmp_path_factory.mktemp("versions")
    for version in (1, 2):
        write_toy_bundle(directory / str(version), seed=version)
    return directory


@pytest.fixture
def toy_repository(toy_versions: Path, tmp_path: Path) -> Path:
    """A model repository with versions 1 and 2 and the history of clients 100001, 100003, … 100199."""
    shutil.copytree(toy_versions, tmp_path, dirs_exist_ok=True)
    clients = np.arange(100_001, 100_200, 2)
    values = np.random.default_rng(0).uniform(0, 100, (len(clients), len(TOY_HISTORY))).astype(np.float32)
    write_history(tmp_path, clients, values, TOY_HISTORY, datetime.now(UTC).date())
    return tmp_path


@pytest.fixture(scope="session")
def mlflow_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's database without a model: its tables take seconds to make."""
    file = tmp_path_factory.mktemp("mlflow-tables") / "mlflow.db"
    Registry(f"sqlite:///{file}").aliases()
    return file


@pytest.fixture(scope="module")
def mlflow_url(mlflow_tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a registry without a model is, the module's own."""
    directory = tmp_path_factory.mktemp("mlflow")
    shutil.copy(mlflow_tables, directory)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)  # where MLflow puts artifacts when no server does
        yield f"sqlite:///{directory / mlflow_tables.name}"


@pytest.fixture(scope="session")
def sample() -> Path:
    """The folder of real rows, if this machine has it."""
    folder = os.environ.get("CREDENCE_TEST_DATA")
    if not folder:
        pytest.skip("CREDENCE_TEST_DATA does not name a folder with real tables")
    return Path(folder)


# Not for the session: its event loop runs as long as it does, and no test beside it could run one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, which `make setup` installs where it can."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium on this machine: install it, or let `make setup` do so as root on Debian")
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test if it asks another site for anything or its script fails."""
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    opened = context.new_page()
    troubles: list[str] = []

    def look(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "file:", "data:")):
            troubles.append(f"asked for {request.url}")

    opened.on("request", look)
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    yield opened
    context.close()
    assert troubles == []
