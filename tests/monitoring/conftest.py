"""Stores on both databases, and records to put into them."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from monitoring.__main__ import compose
from monitoring.settings import MonitorSettings
from monitoring.store.database import Database
from monitoring.store.records import Store
from monitoring.store.tables import metadata
from serving.records import CONTENT_TYPE, Entry, Forgotten, Record, Schema, frame
from tests.monitoring.lender import Lender
from tests.toy.rows import toy_rows
from training.bundle import Bundle

with warnings.catch_warnings():
    # It asks for the next major version of the HTTP client that it uses.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

SCHEMA = Schema(("AMT_CREDIT", "EXT_SOURCE_2"), ("CODE_GENDER",), ("bureau_count",))
POSTGRESQL = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture(scope="session")
def schema() -> Schema:
    return SCHEMA


@pytest.fixture(scope="session")
def make_record() -> Callable[..., Record]:
    def make(key: str = "segment-0", **fields: object) -> Record:
        values: dict[str, object] = {
            "id": key,
            "at": time.time_ns() // 1000,
            "request": "request-1",
            "model": "credit-default",
            "version": "3",
            "schema": SCHEMA.id,
            "client": 100_001,
            "numeric": struct.pack("<2f", 1000.0, float("nan")),
            "categorical": ("F",),
            "history": struct.pack("<f", 2.0),
            "history_status": "found",
            "probability": 0.08,
            "margin": -2.4,
            "threshold": 0.09,
            "decision": "accepte",
            "warnings": ("CODE_GENDER: unseen",),
        }
        return Record(**values | fields)

    return make


@pytest.fixture(scope="session")
def body() -> Callable[..., bytes]:
    """Entries as a request's body, the schema first; a text stands for a forgotten record's id."""

    def join(*entries: Entry | str) -> bytes:
        made = (Forgotten(entry, bytes(9)) if isinstance(entry, str) else entry for entry in (SCHEMA, *entries))
        return b"".join(map(frame, made))

    return join


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """URL of a PostgreSQL of our own, on a socket in a temporary folder."""
    pytest.importorskip("psycopg", reason="psycopg, PostgreSQL's driver, is not installed")
    if not POSTGRESQL:
        pytest.skip("PostgreSQL is not installed on this machine")
    folder = tempfile.mkdtemp()
    # PostgreSQL refuses to run as root.
    user = {"user": "postgres"} if os.geteuid() == 0 else {}
    if user:
        shutil.chown(folder, "postgres")
    control = [POSTGRESQL[-1] / "pg_ctl", "-D", f"{folder}/data", "-w", "-s", "-l", f"{folder}/log"]
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    subprocess.run(
        [
            POSTGRESQL[-1] / "initdb",
            "-D",
            f"{folder}/data",
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
        ],
        check=True,
        capture_output=True,
        cwd=folder,
        **user,
    )
    subprocess.run([*control, "-o", options, "start"], check=True, cwd=folder, **user)
    yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    subprocess.run([*control, "-m", "immediate", "stop"], check=True, cwd=folder, **user)
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'records.sqlite'}"
    return request.getfixturevalue("postgresql")


@pytest.fixture
def make_store(url: str) -> Iterator[Callable[..., Store]]:
    """Stores on one database, which is emptied afterwards."""
    stores: list[Store] = []

    def make(retention_days: float = 30) -> Store:
        stores.append(Store(Database(url), retention_days))
        return stores[-1]

    yield make
    for index, store in enumerate(stores):
        if index == 0:
            metadata.drop_all(store.database.engine)
        store.database.close()


@pytest.fixture(scope="session")
def models(toy_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bundles of versions 1 and 2, whose hold-out is large enough to compare outcomes with."""
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(toy_bundle, folder / "1")
    (folder / "2").symlink_to(folder / "1")
    bundle, rows = Bundle.open(toy_bundle), toy_rows(3000, seed=9)
    probability = bundle.score(rows).probability
    outcome = np.random.default_rng(99).random(len(rows)) < probability
    beside = {"probability": probability, "outcome": outcome, "weight": np.ones(len(rows))}
    table = pa.table(rows.columns(bundle.manifest) | {name: pa.array(values) for name, values in beside.items()})
    pyarrow.parquet.write_table(table, folder / "1" / "reference.parquet")
    return folder


@pytest.fixture
def window_rows() -> int:
    """Records that make a window full."""
    return 100


@pytest.fixture
def client(make_store: Callable[..., Store], tmp_path: Path, models: Path, window_rows: int) -> Iterator[TestClient]:
    settings = MonitorSettings(
        monitor_max_body=1 << 20,
        home=str(tmp_path),
        monitor_models=str(models),
        monitor_review_seconds=3600,
        monitor_window_rows=window_rows,
    )
    store = make_store()
    with TestClient(compose(store, settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def lender(client: TestClient, toy_bundle: Path) -> Lender:
    """A lender whose version 1 the client's monitor watches."""
    return Lender(client.app.state.store, toy_bundle)


@pytest.fixture
def post(client: TestClient, body: Callable[..., bytes]) -> Callable[..., dict]:
    """Posts entries and returns what the collector says."""

    def send(*entries: Entry | str, **report: object) -> dict:
        headers = {f"Credence-{name.capitalize()}": str(value) for name, value in report.items()}
        answer = client.post("/v1/records", content=body(*entries), headers={"Content-Type": CONTENT_TYPE} | headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return send
