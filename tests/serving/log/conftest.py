"""Records to write, and a death to die, for the tests of the prediction log."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from serving.log.log import Log
from serving.records import Entry, Record, Schema, read

SCHEMA = Schema(("AMT_CREDIT", "EXT_SOURCE_2"), ("CODE_GENDER",), ("bureau_count",))


def record(key: str, client: int | None = None, at: int | None = None, note: str = "") -> Record:
    return Record(
        id=key,
        at=time.time_ns() // 1000 if at is None else at,
        request="request-1",
        model="credit-default",
        version="3",
        schema=SCHEMA.id,
        client=client,
        numeric=struct.pack("<2f", 1000.0, 0.5),
        categorical=("F",),
        history=struct.pack("<f", float("nan")),
        history_status="none",
        probability=0.08,
        margin=-2.4,
        threshold=0.09,
        decision="accepte",
        warnings=(note,) if note else (),
    )


@pytest.fixture(scope="session")
def schema() -> Schema:
    return SCHEMA


@pytest.fixture(scope="session")
def make_record() -> Callable[..., Record]:
    return record


@pytest.fixture
def make_log(tmp_path: Path) -> Iterator[Callable[..., Log]]:
    """A log with small segments in one folder; what is still open after the test is closed."""
    logs: list[Log] = []

    def make(**options: float) -> Log:
        log = Log(tmp_path / "log", **{"segment_bytes": 1 << 16, "limit_bytes": 1 << 20} | options)
        log.schema(SCHEMA)
        logs.append(log)
        return log

    yield make
    for log in logs:
        log.close()


@pytest.fixture
def answer() -> Callable[..., list[str]]:
    """Appends n records of a client as one answer; returns their ids."""

    def append(log: Log, n: int = 1, **fields: object) -> list[str]:
        ids = log.next_ids(n)
        log.append([record(key, **fields) for key in ids])
        return ids

    return append


@pytest.fixture
def kill() -> Callable[[Log], None]:
    """Leaves a log as a killed process does: locks gone, nothing cut, nothing cleaned."""

    def die(log: Log) -> None:
        for segment in [*log.segments.values(), *([log._spare] if log._spare else [])]:
            os.close(segment.fd)
        log.segments.clear()
        log._current = log._spare = None

    return die


@pytest.fixture
def entries() -> Callable[[Path], list[Entry]]:
    """All that is in a log's folder, oldest first."""

    def collect(directory: Path) -> list[Entry]:
        return [entry for path in sorted(directory.glob("*.log")) for _, entry in read(path.read_bytes())]

    return collect


@pytest.fixture
def waiting() -> Callable[[Log], list[str]]:
    """Takes all that a log would ship; returns its ids."""

    def collect(log: Log) -> list[str]:
        ids: list[str] = []
        while batch := log.batch(1 << 20, 10):
            ids += [entry.id for _, entry in read(batch.body) if not isinstance(entry, Schema)]
            log.acknowledge(batch)
        return ids

    return collect
