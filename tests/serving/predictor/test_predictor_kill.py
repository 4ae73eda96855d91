"""`kill -9` in the middle of traffic: no answered application is lost, none is recorded twice."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from serving import records

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
