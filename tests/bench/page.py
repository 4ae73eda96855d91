"""The figures as Markdown, and where they stand in the document."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from statistics import mean

from tests.bench.cases import BESIDE, ECHO, FIELDS, KNOWN, OURS, TENSOR
from tests.bench.history import Pair
from tests.bench.load import CONNECTIONS, SECONDS
from tests.bench.rounds import ROUNDS, Series

AIMS = {TENSOR: 3.0, FIELDS: 10.0, KNOWN: 10.0}
"""How many times as fast as the other servers we mean to be."""
PANDAS_AIM = 5.0

_PLACE = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- end of figures -->)", re.DOTALL)


def figures(
    machine: Mapping[str, str],
    measured: Sequence[Series],
    pairs: Sequence[Pair],
    records: int,
    others: Sequence[Sequence[str]],
) -> str:
    """All that was measured, and on what; `others` come as lines."""
    parts = [_machine(machine), _requests(measured, records), *others, _history(pairs)]
    return "\n".join(line for part in parts for line in (*part, ""))


def insert(document: str, text: str) -> str:
    """The document with new figures between its marks. Raises ValueError if they are not there."""
    replaced, count = _PLACE.subn(lambda _: text, document)
    if count != 1:
        raise ValueError("expected one pair of marks for the figures in the document")
    return replaced


def _machine(machine: Mapping[str, str]) -> list[str]:
    return [f"- {name}: {value}" for name, value in machine.items()]


def _requests(measured: Sequence[Series], records: int) -> list[str]:
    ours = {series.target.case: series for series in measured if series.target.server == OURS}
    lines = [
        f"Medians of {ROUNDS} rounds of {SECONDS} s, {CONNECTIONS} connections kept alive, one worker a server:",
        "",
        "| Request | Bytes | Server | Requests/s | p50 ms | p99 ms | Credence beside it |",
        "|---|--:|---|--:|--:|--:|--:|",
    ]
    for series in measured:
        target = series.target
        cells = [target.case, f"{mean(map(len, target.bodies)):,.0f}", target.server]
        cells += [f"{series.rate:,.0f}", f"{series.p50:.2f}", f"{series.p99:.2f}", _beside(ours[target.case], series)]
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, "", f"Records written meanwhile: {records:,}, none missing."]


def _beside(ours: Series, series: Series) -> str:
    if series is ours:
        return ""
    case, times = series.target.case, ours.times(series)
    if series.target.server == ECHO:
        return f"{times:.2f}x, the limit"
    if case == BESIDE:
        return f"{times:.2f}x"
    return f"{times:.2f}x ({_verdict(times, AIMS[case])})"


def _history(pairs: Sequence[Pair]) -> list[str]:
    lines = [
        "| Clients | Features | Library | Seconds | Processor seconds | Peak MB | Polars beside it |",
        "|--:|--:|---|--:|--:|--:|--:|",
    ]
    for pair in pairs:
        times = pair.pandas.seconds / pair.polars.seconds
        verdict = f"{times:.2f}x ({_verdict(times, PANDAS_AIM)})"
        for name, seen, beside in (("Polars", pair.polars, ""), ("pandas", pair.pandas, verdict)):
            lines.append(
                f"| {seen.clients:,} | {seen.features} | {name} | {seen.seconds:.1f} | {seen.cpu_seconds:.1f} "
                f"| {seen.peak_mb:,} | {beside} |"
            )
    return lines


def _verdict(times: float, aim: float) -> str:
    return f"aim {aim:g}x" if times >= aim else f"aim {aim:g}x, missed"
