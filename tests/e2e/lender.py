"""The lender in the cluster, in a pod beside the platform: `python lender.py COMMAND …` prints one JSON object.

Its clients are synthetic; what is drawn of them stays on the volume that the platform's runs share.
"""

from __future__ import annotations

import json
import pickle
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from flows.clients.explainer import explain_decision
from flows.clients.monitor import ask_monitor, tell_outcomes
from flows.clients.predictor import CLIENT, Answered, Application, ask_decisions, to_inputs
from flows.demo.story import EXPLORED
from flows.demo.windows import known_outcomes
from flows.errors import FlowError
from flows.settings import PlatformSettings, from_environment
from training.bundle import Bundle, Manifest
from training.synthetic import synthesise, worlds
from training.synthetic.arrivals import Arrivals, arrive

HERE = Path("/var/lib/credence/lender")
WINDOWS = ("ordinary", "early", "late")
TOGETHER = 64


def tables(settings: PlatformSettings, clients: str, seed: str) -> dict[str, Any]:
    """Raw tables to learn from."""
    synthesise(int(clients), HERE, int(seed))
    return {"folder": str(HERE), "clients": int(clients)}


def draw(settings: PlatformSettings, name: str, world: str, count: str, seed: str) -> dict[str, Any]:
    """New clients of a world, their histories added to the tables."""
    arrivals = arrive(HERE, getattr(worlds, world)(), int(count), int(seed))
    _path(name).write_bytes(pickle.dumps(arrivals))
    return {"clients": len(arrivals.applications)}


def submit(settings: PlatformSettings, name: str) -> dict[str, Any]:
    """Ask for decisions on all of them; how many were answered, by which versions."""
    began = time.monotonic()
    rows, manifest = _arrivals(name).applications.to_dicts(), _manifest(settings)
    answered = [
        one
        for one in ask_decisions(settings.predictor_url, None, rows, manifest, TOGETHER)
        if isinstance(one, Answered)
    ]
    _path(f"{name}-answered").write_bytes(pickle.dumps(answered))
    return {
        "asked": len(rows),
        "answered": len(answered),
        "known": sum(one.history == "found" for one in answered),
        "refused": sum(one.probability >= one.threshold for one in answered),
        "versions": sorted({one.version for one in answered}),
        "seconds": round(time.monotonic() - began, 1),
    }


def outcomes(settings: PlatformSettings, *names: str) -> dict[str, Any]:
    """Tell at once what became of the accepted and of the explored, in windows that were answered."""
    told = []
    for name in names:
        told += known_outcomes(_answered(name), _arrivals(name).defaulted, EXPLORED, seed=WINDOWS.index(name))
    _until_arrived(lambda: tell_outcomes(settings, told))
    return {"told": len(told), "defaults": sum(one.defaulted for one in told)}


def explanation(settings: PlatformSettings, name: str) -> dict[str, Any]:
    """The riskiest client's decision explained, and whether it is the one that was answered."""
    riskiest, row = _riskiest(name)
    told = explain_decision(settings, row, _manifest(settings), riskiest.version)
    return {"answered": asdict(riskiest), "explained": told}


def request(settings: PlatformSettings, name: str, file: str) -> dict[str, Any]:
    """A request's body of the riskiest client, for a caller who keeps asking."""
    riskiest, row = _riskiest(name)
    Path(file).write_text(json.dumps({"inputs": to_inputs([row], _manifest(settings))}))
    return {"client": riskiest.client, "refused": riskiest.probability >= riskiest.threshold}


def monitor(settings: PlatformSettings, path: str) -> Any:
    """What the monitor answers to a question."""
    return ask_monitor(settings, "GET", path)


def _until_arrived(work: Callable[[], None]) -> None:
    """Do it again for a while: on a busy node, records reach the monitor some seconds after their answers."""
    deadline = time.monotonic() + 120
    while True:
        try:
            return work()
        except FlowError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


def _manifest(settings: PlatformSettings) -> Manifest:
    newest = max(settings.models.glob("[0-9]*"), key=lambda path: int(path.name))
    return msgspec.structs.replace(Bundle.open(newest).manifest, model=settings.serving_name)


def _riskiest(name: str) -> tuple[Answered, Application]:
    """Of a window's answers that with the highest probability of default, and its application."""
    riskiest = max(_answered(name), key=lambda one: one.probability)
    (row,) = (one for one in _arrivals(name).applications.to_dicts() if one[CLIENT] == riskiest.client)
    return riskiest, row


def _answered(name: str) -> Sequence[Answered]:
    found: Sequence[Answered] = pickle.loads(_path(f"{name}-answered").read_bytes())
    return found


def _arrivals(name: str) -> Arrivals:
    found: Arrivals = pickle.loads(_path(name).read_bytes())
    return found


def _path(name: str) -> Path:
    return HERE / f"{name}.pickle"


COMMANDS: dict[str, Callable[..., Any]] = {
    each.__name__: each for each in (tables, draw, submit, outcomes, explanation, request, monitor)
}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(COMMANDS[sys.argv[1]](from_environment(), *sys.argv[2:])))
