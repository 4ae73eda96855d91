"""How long servers take from the start of their process until they are ready, in turns."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

from tests.bench import servers
from tests.bench.cases import KSERVE, MLSERVER, OURS
from tests.bench.model import TREES, Served

ROUNDS = 5


def measure(served: Served, folder: Path) -> list[str]:
    """Start each of them, one after the other, so many times; the table of their medians."""
    taken: dict[str, list[float]] = {OURS: [], KSERVE: [], MLSERVER: []}
    for number in range(ROUNDS):
        starting = {
            OURS: servers.credence(served.models, folder / f"log-{number}"),
            KSERVE: servers.kserve(served.boosters, tuned=False),
            MLSERVER: servers.mlserver(served.boosters, folder / f"mlserver-{number}", tuned=False),
        }
        for name, server in starting.items():
            began = time.perf_counter()
            with server:
                taken[name].append(time.perf_counter() - began)
    seconds = {name: median(each) for name, each in taken.items()}
    return [
        f"From the start of the process to ready with {TREES} trees, medians of {ROUNDS} in turns:",
        "",
        "| Server | Seconds | Credence beside it |",
        "|---|--:|--:|",
        *(
            f"| {name} | {value:.1f} | {'' if name == OURS else f'{seconds[OURS] / value:.2f} of it'} |"
            for name, value in seconds.items()
        ),
    ]
