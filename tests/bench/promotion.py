"""A version takes another's place under load: what the callers notice."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from flows.deploy.laptop import Laptop
from flows.machine.platform import Platform
from flows.settings import PlatformSettings
from tests.bench import bodies, load
from tests.bench.load import CONNECTIONS, Load
from tests.bench.model import Served
from tests.ports import unused_port
from training.bundle import MODEL
from training.registry import Registry

ROUNDS = 5
"""Of going there and back."""
SECONDS = 4
"""Long enough to load and prove a version on a busy machine."""
_PORTS = ("http_port", "admin_port", "monitor_port", "explainer_port")
_ELSEWHERE = "http://127.0.0.1:9"
"""Registry and Prefect: nobody asks them, since all versions are here."""
_APPLICATIONS = 200


@dataclass(frozen=True)
class Promoted:
    """One round: the load before, and the load that a promotion met."""

    before: Load
    during: Load
    seconds: float
    """From loading the new version to the proof that it answers as its bundle does."""


def measure(served: Served, folder: Path, progress: Callable[[str], None]) -> list[str]:
    """Promote to and fro while wrk asks, and tell the figures as lines. Raises LoadError if a single request failed."""
    settings = _settings(folder / "home")
    settings.models.mkdir(parents=True)
    shutil.copytree(served.models, settings.models, dirs_exist_ok=True)
    shutil.copytree(settings.models / "1", settings.models / "2")
    body = folder / "promoted.json"
    rows = (served.rows.take(slice(place, place + 1)) for place in range(_APPLICATIONS))
    body.write_bytes(b"\n".join(bodies.fields(served.manifest, row) for row in rows))
    platform = Platform(settings)
    try:
        platform.start_predictor("1", progress)
        home = Laptop(platform, Registry(settings.registry_url), progress)
        found = [_round(home, version, settings.predictor_url, body) for version in ("2", "1") * ROUNDS]
    finally:
        platform.down(progress)
    return _lines(found)


def _round(home: Laptop, version: str, url: str, body: Path) -> Promoted:
    path = f"{url}/v2/models/{MODEL}/infer"
    before = load.end(load.begin(path, body, CONNECTIONS, SECONDS))
    running = load.begin(path, body, CONNECTIONS, SECONDS)
    time.sleep(SECONDS / 8)
    began = time.monotonic()
    home.deploy(version)
    home.prove(version)
    seconds = time.monotonic() - began
    return Promoted(before, load.end(running), seconds)


def _lines(found: Sequence[Promoted]) -> list[str]:
    rows = [("before", [one.before for one in found]), ("with a promotion in it", [one.during for one in found])]
    answered = sum(load.answered for _, loads in rows for load in loads)
    took = median(one.seconds for one in found)
    return [
        f"{len(found)} promotions to and fro, each in {SECONDS} s of load over {CONNECTIONS} connections, beside the",
        f"{SECONDS} s before it; the new version was loaded and proved in {took:.1f} s. None of {answered:,} requests",
        "failed.",
        "",
        "| Load | Requests/s | p50 ms | p99 ms | worst p99 ms |",
        "|---|--:|--:|--:|--:|",
        *(_row(name, loads) for name, loads in rows),
    ]


def _row(name: str, loads: Sequence[Load]) -> str:
    rate, p50, p99 = (median(getattr(one, figure) for one in loads) for figure in ("rate", "p50", "p99"))
    return f"| {name} | {rate:,.0f} | {p50:.2f} | {p99:.2f} | {max(one.p99 for one in loads):.2f} |"


def _settings(home: Path) -> PlatformSettings:
    ports = {name: unused_port() for name in _PORTS}
    return PlatformSettings(home=str(home), mlflow_url=_ELSEWHERE, prefect_url=_ELSEWHERE, **ports)
