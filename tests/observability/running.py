"""A predictor, a monitor and a Prometheus that scrapes them, as processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import yaml

from monitoring.store.database import Database
from monitoring.store.verdicts import Action, Judgements
from tests.observability.shipped import RULES
from tests.ports import unused_port
from tests.toy.fields import TOY_FIELDS
from tests.toy.rows import toy_rows

LABELS = {"namespace": "credence", "release": "credence"}


def until(condition: Callable[[], object], what: str, seconds: float = 120) -> None:
    """Raises AssertionError when it has not come to be by then."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(httpx.TransportError):
            if condition():
                return
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.1)


@contextmanager
def process(command: list[str], log: Path, environment: Mapping[str, str] | None = None) -> Iterator[None]:
    """Runs as long as the block."""
    with log.open("wb") as file:
        started = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stdout=file, stderr=file)
    try:
        yield
    finally:
        started.terminate()
        started.wait(60)


class Platform:
    """Where a predictor, its monitor and Prometheus answer."""

    def __init__(self, models: Path, folder: Path, prometheus: str) -> None:
        self._models, self._folder, self._program = models, folder, prometheus
        self._predictor, self._monitor, self._prometheus = (f"http://127.0.0.1:{unused_port()}" for _ in range(3))
        self._client = httpx.Client(timeout=60)
        self.since = time.time()

    @contextmanager
    def run(self) -> Iterator[Platform]:
        """All three, until the block ends."""
        python = [sys.executable, "-m"]
        with ExitStack() as stack, self._client:
            stack.enter_context(process([*python, "monitoring"], self._folder / "monitor", self._monitor_settings()))
            command = [*python, "serving.predictor"]
            stack.enter_context(process(command, self._folder / "predictor", self._predictor_settings()))
            stack.enter_context(process(self._scraping(), self._folder / "prometheus"))
            until(lambda: self._client.get(f"{self._monitor}/health/ready").is_success, "the monitor is ready")
            until(lambda: self._client.get(f"{self._predictor}/v2/health/ready").is_success, "the predictor is ready")
            until(lambda: self._client.get(f"{self._prometheus}/-/ready").is_success, "Prometheus is ready")
            until(lambda: self.query('up{component="monitor"} == 1'), "Prometheus scrapes")
            yield self

    def ask(self, count: int, rows: int, change: float) -> list[tuple[str, bool]]:
        """Ids of answered applications and whether each was accepted; `change` is added to the external scores."""
        answered: list[tuple[str, bool]] = []
        path = f"{self._predictor}/v2/models/credit-default/infer"
        for seed in range(count):
            body = {"inputs": _tensors(rows, seed, change)}
            answer = self._client.post(path, json=body).raise_for_status().json()
            decisions = next(one["data"] for one in answer["outputs"] if one["name"] == "classe")
            ids = answer["parameters"]["record_ids"].split(",")
            answered += [(key, decision == "accepte") for key, decision in zip(ids, decisions, strict=True)]
        assert self._client.post(path, json={}).status_code == 400
        until(lambda: self._status()["received"] >= len(answered), "the records are at the monitor")
        return answered

    def tell(self, records: list[str]) -> None:
        """That each third of them defaulted."""
        told = [{"record": key, "defaulted": place % 3 == 0} for place, key in enumerate(records)]
        self._client.post(f"{self._monitor}/v1/outcomes", json={"outcomes": told}).raise_for_status()

    def review(self) -> str:
        """The verdict, once Prometheus has seen it."""
        verdict = self._client.post(f"{self._monitor}/v1/reviews").raise_for_status().json()
        judgement: str = verdict["judgement"]
        until(lambda: self.query(f'credence_verdict{{judgement="{judgement}"}} == 1'), "Prometheus has the verdict")
        return judgement

    def retrain(self) -> None:
        """That the last verdict was answered by a retraining, after which version 2 is live."""
        database = Database(f"sqlite:///{self._folder / 'records.sqlite'}")
        judgements = Judgements(database)
        (delivery,) = judgements.deliveries(("nothing to start",))[-1:]
        judgements.act(
            delivery.verdict, Action(at=_now(), kind="started", what="retraining started", version=None, run="run")
        )
        judgements.move(delivery, delivery._replace(state="finished"), _now())
        database.close()
        until(lambda: self.query("credence_retraining_ended_timestamp_seconds"), "Prometheus knows the retraining")
        self._client.put(f"{self._monitor}/v1/live", json={"version": "2"}).raise_for_status()
        until(lambda: self.query('credence_live_timestamp_seconds{version="2"}'), "Prometheus knows the new version")

    def query(self, expression: str) -> list[Any]:
        """Series now."""
        return self._asked("query", {"query": expression})

    def query_since(self, expression: str) -> list[Any]:
        """Series from the beginning to now, a second apart, the last one included."""
        span = {"start": str(self.since), "end": str(time.time() + 1), "step": "1"}
        return self._asked("query_range", {"query": expression} | span)

    def _asked(self, path: str, parameters: dict[str, str]) -> list[Any]:
        answer = self._client.get(f"{self._prometheus}/api/v1/{path}", params=parameters).json()
        assert answer["status"] == "success", answer
        result: list[Any] = answer["data"]["result"]
        return result

    def _status(self) -> dict[str, Any]:
        status: dict[str, Any] = self._client.get(f"{self._monitor}/v1/status").json()
        return status

    def _monitor_settings(self) -> dict[str, str]:
        settings = {"home": self._folder, "monitor_models": self._models, "monitor_port": _port(self._monitor)}
        return _environment(settings | {"monitor_review_seconds": 1})

    def _predictor_settings(self) -> dict[str, str]:
        settings = {"models": self._models, "log_directory": self._folder / "log", "monitor_url": self._monitor}
        return _environment(settings | {"http_port": _port(self._predictor), "admin_port": 0, "drain_seconds": 0})

    def _scraping(self) -> list[str]:
        file = self._folder / "prometheus.yaml"
        file.write_text(yaml.safe_dump(self._configuration()))
        address = self._prometheus.removeprefix("http://")
        options = [f"--storage.tsdb.path={self._folder / 'tsdb'}", f"--web.listen-address={address}"]
        return [self._program, f"--config.file={file}", *options]

    def _configuration(self) -> dict[str, Any]:
        targets = {"predictor": self._predictor, "monitor": self._monitor}
        static = [
            {"targets": [url.removeprefix("http://")], "labels": {**LABELS, "component": name, "pod": f"{name}-0"}}
            for name, url in targets.items()
        ]
        return {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(path) for path in RULES],
            "scrape_configs": [{"job_name": "credence", "static_configs": static}],
        }


def _environment(settings: Mapping[str, object]) -> dict[str, str]:
    return {f"CREDENCE_{name.upper()}": str(value) for name, value in settings.items()}


def _now() -> int:
    return time.time_ns() // 1000


def _port(url: str) -> str:
    return url.rsplit(":", 1)[1]


def _tensors(count: int, seed: int, change: float) -> list[dict[str, Any]]:
    """Applications of the toy lender as named tensors, some clients of which have a history."""
    rows = toy_rows(count, seed)
    rows.numeric[:, 4:7] += np.float32(change)
    numbers = [[None if np.isnan(value) else float(value) for value in column] for column in rows.numeric.T]
    columns = [*numbers, *rows.categorical.T.tolist()]
    tensors = [
        {"name": field.name, "datatype": "BYTES" if field.levels else "FP64", "shape": [count], "data": data}
        for field, data in zip(TOY_FIELDS, columns, strict=True)
    ]
    clients = [100_001 + seed * count + place for place in range(count)]
    return [*tensors, {"name": "SK_ID_CURR", "datatype": "INT64", "shape": [count], "data": clients}]
