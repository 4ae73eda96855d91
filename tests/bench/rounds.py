"""Rounds of measurements, server after server, so that what the machine does meanwhile meets them all alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.bench import load
from tests.bench.cases import Target
from tests.bench.load import Load

ROUNDS = 5
_WARM_SECONDS = 1


@dataclass
class Series:
    """What the rounds saw of one target."""

    target: Target
    loads: list[Load] = field(default_factory=list)
    answered: int = 0
    """Requests, warm-up and second client included."""
    batches: int = 0
    """Requests of the second client among them."""

    @property
    def rate(self) -> float:
        """Median of the requests a second."""
        return median(load.rate for load in self.loads)

    @property
    def p50(self) -> float:
        """Median of the rounds' medians, in milliseconds."""
        return median(load.p50 for load in self.loads)

    @property
    def p99(self) -> float:
        """Median of the rounds' 99th percentiles, in milliseconds."""
        return median(load.p99 for load in self.loads)

    def times(self, other: Series) -> float:
        """How many times as fast as another: the median over the rounds, each against its own."""
        return median(mine.rate / its.rate for mine, its in zip(self.loads, other.loads, strict=True))


def measure(targets: Sequence[Target], folder: Path, progress: Callable[[str], None]) -> list[Series]:
    """Warm each target up, then measure all of them once a round. Raises LoadError."""
    measured = [Series(target) for target in targets]
    for place, target in enumerate(targets):
        (folder / f"{place}.json").write_bytes(b"\n".join(target.bodies))
        (folder / f"{place}-batch.json").write_bytes(target.batch)
        _measure(measured[place], folder, place, _WARM_SECONDS)
    for number in range(1, ROUNDS + 1):
        progress(f"round {number} of {ROUNDS}")
        for place, series in enumerate(measured):
            series.loads.append(_measure(series, folder, place, load.SECONDS))
    return measured


def _measure(series: Series, folder: Path, place: int, seconds: int) -> Load:
    url, second = series.target.url, None
    if series.target.batch:
        second = load.begin(url, folder / f"{place}-batch.json", 1, seconds)
    seen = load.end(load.begin(url, folder / f"{place}.json", load.CONNECTIONS, seconds))
    series.answered += seen.answered
    if second:
        batches = load.end(second).answered
        series.answered += batches
        series.batches += batches
    return seen
