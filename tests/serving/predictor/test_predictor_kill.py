"""`kill -9` in the middle of traffic: nothing answered is lost or recorded twice, in the log or at the monitor."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving import records
from tests.ports import unused_port

INFER = "/v2/models/credit-default/infer"


def ask(process: Any, content: dict[str, Any], answered: list[str]) -> None:
    """Ask until the process is gone, keeping the ids of what it answered."""
    with httpx.Client(base_url=process.url) as client, suppress(httpx.TransportError):
        while True:
            answer = client.post(INFER, json=content)
            answered += answer.json()["parameters"]["record_ids"].split(",")


def ids_in(directory: Path) -> Counter[str]:
    entries = (entry for path in directory.glob("*.log") for _, entry in _whole(path.read_bytes()))
    return Counter(entry.id for entry in entries if isinstance(entry, records.Record))


def _whole(content: bytes) -> Any:
    """Entries up to a torn end."""
    with suppress(records.RecordError):
        yield from records.read(content)


def test_killed_predictor_loses_nothing(start: Any, application: dict[str, Any], tensors: Any) -> None:
    answered: list[str] = []
    contents = [{"inputs": tensors(*[application] * rows)} for rows in (1, 3, 90)]
    for _ in range(2):
        process = start()
        process.wait_ready()
        before = len(answered)
        callers = [threading.Thread(target=ask, args=(process, content, answered)) for content in contents]
        for caller in callers:
            caller.start()
        while len(answered) < before + 1000 and process.running:
            callers[0].join(0.01)
        process.kill()
        for caller in callers:
            caller.join(20)
    recorded = ids_in(process.log_directory)
    assert set(answered) <= recorded.keys()
    assert len(set(answered)) == len(answered)
    assert max(recorded.values()) == 1


@pytest.fixture
def monitor(tmp_path: Path) -> Iterator[str]:
    """A running monitor's URL."""
    port = unused_port()
    environment = os.environ | {"CREDENCE_MONITOR_PORT": str(port), "CREDENCE_HOME": str(tmp_path / "home")}
    process = subprocess.Popen([sys.executable, "-m", "monitoring"], env=environment)
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.wait()


def ids_at(monitor: str) -> Counter[str]:
    """The ids of all records that the monitor has."""
    found: Counter[str] = Counter()
    path = "/v1/records?limit=1000"
    with httpx.Client(base_url=monitor, timeout=60) as client:
        while path:
            page = client.get(path).json()
            found.update(record["id"] for record in page["records"])
            path = page["next"]
    return found


def test_killed_predictor_ships_all_once(start: Any, monitor: str, application: dict[str, Any], tensors: Any) -> None:
    answered: list[str] = []
    content = {"inputs": tensors(*[application] * 5)}
    for _ in range(2):
        process = start(monitor_url=monitor)
        process.wait_ready()
        before = len(answered)
        caller = threading.Thread(target=ask, args=(process, content, answered))
        caller.start()
        while len(answered) < before + 500 and process.running:
            caller.join(0.01)
        process.kill()
        caller.join(20)
    start(monitor_url=monitor).wait_ready()
    deadline = time.monotonic() + 60
    while not (stored := ids_at(monitor)).keys() >= set(answered) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert set(answered) <= stored.keys()
    assert max(stored.values()) == 1
