"""`python -m tests.bench`: our predictor beside KServe's and MLServer's servers, our history features beside pandas.

Exits 0 with the figures on stdout, 1 with one message if something stood in the way. `--write` puts the same figures
into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench import (
    cases,
    explanation,
    history,
    load,
    machine,
    model,
    page,
    promotion,
    recorded,
    rounds,
    servers,
    startup,
    verdict,
)
from tests.bench.cases import ECHO, FIELDS, KSERVE, KSERVE_TUNED, MLSERVER, MLSERVER_TUNED, OURS, TENSOR, Bodies, Target
from tests.bench.rounds import Series

DOCUMENT = Path(__file__).parents[2] / "docs" / "benchmarks.md"

_PROBLEMS = (load.LoadError, servers.ServerError, cases.DisagreementError, recorded.UnrecordedError)


def main() -> int:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure Credence beside others.")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/benchmarks.md")
    arguments = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="credence-bench-") as folder:
            text = _measure(Path(folder))
    except _PROBLEMS as problem:
        print(problem, file=sys.stderr)
        return 1
    print(text)
    if arguments.write:
        DOCUMENT.write_text(page.insert(DOCUMENT.read_text(), text))
    return 0


def _measure(folder: Path) -> str:
    load.check_installed()
    pairs = history.measure(folder / "history", _say)
    _say(f"training {model.TREES} trees on {model.CLIENTS:,} clients")
    served = model.build(folder / "model")
    measured, about = _serve(served, folder)
    _say("starting servers in turns")
    started = startup.measure(served, folder / "started")
    ours = [series for series in measured if series.target.server == OURS]
    records = recorded.check(folder / "log", sum(_applications(series) for series in ours))
    explained = explanation.measure(served, folder / "explained", _say)
    _say("promotions under load")
    promoted = promotion.measure(served, folder / "promoted", _say)
    _say("the figures of a verdict")
    judged = verdict.measure(folder / "history" / str(verdict.CLIENTS), folder / "judged")
    others = (started, explanation.table(explained), promoted, verdict.table(judged))
    return page.figures(about, measured, pairs, records, others)


def _serve(served: model.Served, folder: Path) -> tuple[list[Series], dict[str, str]]:
    """Start the servers, see that they agree, measure them, stop them."""
    _say("starting the servers")
    with contextlib.ExitStack() as running:
        start, boosters = running.enter_context, served.boosters
        ports = {
            OURS: start(servers.credence(served.models, folder / "log")),
            KSERVE: start(servers.kserve(boosters, tuned=False)),
            KSERVE_TUNED: start(servers.kserve(boosters, tuned=True)),
            MLSERVER: start(servers.mlserver(boosters, folder / "mlserver", tuned=False)),
            MLSERVER_TUNED: start(servers.mlserver(boosters, folder / "mlserver-tuned", tuned=True)),
        }
        targets = cases.plan(served, ports)
        cases.check_agreement(targets)
        echo = start(servers.echo(len(servers.post(ports[OURS], targets[0].path, targets[0].bodies[0]))))
        targets += [Target(case, ECHO, echo, "/", sent) for case, sent in _limits(targets)]
        (folder / "bodies").mkdir()
        measured = rounds.measure(targets, folder / "bodies", _say)
        return measured, machine.describe(json.loads(servers.get(ports[MLSERVER], "/v2"))["version"])


def _limits(targets: Sequence[Target]) -> list[tuple[str, Bodies]]:
    """The cases whose bodies are also sent to the bare server."""
    return [(item.case, item.bodies) for item in targets if item.server == OURS and item.case in (TENSOR, FIELDS)]


def _applications(series: Series) -> int:
    return series.answered - series.batches + series.batches * model.BATCH


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
