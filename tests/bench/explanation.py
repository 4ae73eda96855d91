"""An explanation through our servers, beside the booster's own contributions of the same rows in this process."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import lightgbm
import numpy as np

from tests.bench import bodies, servers
from tests.bench.model import Served
from training.bundle import MODEL

BARE = "`Booster.predict(pred_contrib=True)`, one thread"
PLAIN = "predictor: the decision alone"
ANSWERED = "predictor: `explications_locales`, recorded"
EXPLAINED = "explainer: V2 `infer`"
ANCHOR, COUNTERFACTUAL = "explainer: with an anchor", "explainer: with a counterfactual"

ROUNDS = 5
_ROWS = 20
_PATH = f"/v2/models/{MODEL}/infer"

Way = Callable[[int], None]
"""Explains the row at a place."""


@dataclass(frozen=True)
class Timed:
    """One row after the other, in milliseconds: medians over the rounds."""

    way: str
    p50: float
    p95: float
    times: float
    """Its median against the bare one's of the same round."""


def measure(served: Served, folder: Path, progress: Callable[[str], None]) -> list[Timed]:
    """Every way to explain, in turns; without the explainer's where its environment is not set up."""
    progress("explanations")
    with contextlib.ExitStack() as running:
        ways = {BARE: _bare(served)}
        ways |= _asked(served, running.enter_context(servers.credence(served.models, folder / "log")), _PREDICTOR)
        if servers.EXPLAINER.exists():
            ways |= _asked(served, running.enter_context(servers.explainer(served.models)), _EXPLAINER)
        for way in ways.values():
            way(0)  # whatever is made or loaded once
        rounds = [{name: _seconds(way) for name, way in ways.items()} for _ in range(ROUNDS)]
    return [_timed(name, rounds) for name in ways]


def table(timed: Sequence[Timed]) -> list[str]:
    """The figures as Markdown."""
    lines = [
        f"Explaining one application after another, medians of {ROUNDS} rounds of {_ROWS}, HTTP included:",
        "",
        "| Explanation | p50 ms | p95 ms | Beside the bare booster |",
        "|---|--:|--:|--:|",
    ]
    return [*lines, *(f"| {one.way} | {one.p50:.2f} | {one.p95:.2f} | {one.times:.2f}x |" for one in timed)]


_PREDICTOR: Mapping[str, Mapping[str, object]] = {
    PLAIN: {},
    ANSWERED: {"outputs": [{"name": name} for name in ("probabilite_de_defaut", "classe", "explications_locales")]},
}
_EXPLAINER: Mapping[str, Mapping[str, object]] = {
    EXPLAINED: {},
    ANCHOR: {"parameters": {"anchor": True}},
    COUNTERFACTUAL: {"parameters": {"counterfactual": True}},
}


def _bare(served: Served) -> Way:
    booster = lightgbm.Booster(model_file=str(served.boosters / "model.bst"))
    return lambda place: booster.predict(served.matrix[place : place + 1], pred_contrib=True, num_threads=1)


def _asked(served: Served, port: int, requests: Mapping[str, Mapping[str, object]]) -> dict[str, Way]:
    """A way for each kind of request to a server, over one connection kept alive."""
    rows = [json.loads(bodies.tensors(served.rows.take(slice(place, place + 1)))) for place in range(_ROWS)]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def way(wanted: Mapping[str, object]) -> Way:
        sent = [json.dumps({**row, **wanted}).encode() for row in rows]

        def ask(place: int) -> None:
            if not place:
                connection.close()  # the server may have closed it, idle since the last round
            connection.request("POST", _PATH, sent[place], {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.read()
            if response.status != 200:
                raise servers.ServerError(f"POST {_PATH} was answered with {response.status}: {answer[:500]!r}")

        return ask

    return {name: way(wanted) for name, wanted in requests.items()}


def _seconds(way: Way) -> list[float]:
    """Of each row."""
    moments = [time.perf_counter()]
    for place in range(_ROWS):
        way(place)
        moments.append(time.perf_counter())
    return np.diff(moments).tolist()


def _timed(name: str, rounds: Sequence[Mapping[str, Sequence[float]]]) -> Timed:
    return Timed(
        way=name,
        p50=1000 * median(median(one[name]) for one in rounds),
        p95=1000 * median(float(np.quantile(one[name], 0.95)) for one in rounds),
        times=median(median(one[name]) / median(one[BARE]) for one in rounds),
    )
