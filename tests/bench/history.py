"""History features by Polars and by pandas, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from training.synthetic import synthesise

SIZES = (20_000, 100_000)
"""Clients with a label; a quarter as many without come on top."""


@dataclass(frozen=True)
class Aggregation:
    """What one process took: wall and processor seconds, and the most memory it held, in MB."""

    clients: int
    features: int
    seconds: float
    cpu_seconds: float
    peak_mb: int


@dataclass(frozen=True)
class Pair:
    """The same features twice."""

    polars: Aggregation
    pandas: Aggregation


def measure(folder: Path, progress: Callable[[str], None]) -> list[Pair]:
    """Both at each of SIZES, one after the other."""
    pairs = []
    for clients in SIZES:
        lender = folder / str(clients)
        progress(f"history features of {clients:,} clients")
        synthesise(clients, lender)
        pairs.append(Pair(_run("history_polars", lender), _run("history_pandas", lender)))
    return pairs


def _run(script: str, lender: Path) -> Aggregation:
    # A process takes over the peak memory of the one that starts it; so a shell does, which forks and has none.
    command = ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-m", f"tests.bench.{script}", str(lender)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    figures = json.loads(output)
    del figures["library"]
    return Aggregation(**figures)
