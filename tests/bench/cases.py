"""What is measured: which server is asked what, and whether their answers agree before anything is timed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.bench import bodies, servers
from tests.bench.model import BATCH, NAME, Served

OURS, ECHO = "Credence", "bare echo"
KSERVE, MLSERVER = "KServe", "MLServer"
KSERVE_TUNED, MLSERVER_TUNED = "KServe, tuned", "MLServer, tuned"
OTHERS = (KSERVE, KSERVE_TUNED, MLSERVER, MLSERVER_TUNED)

TENSOR = "one application by ready tensor"
FIELDS = "one application by named fields, new client"
KNOWN = "one application by named fields, known client"
BESIDE = f"one application by ready tensor, beside a client with batches of {BATCH:,}"

TOLERANCE = 1e-6
"""By which probabilities may differ: ours is the graph's, the others' is the booster's own."""

_OURS = f"/v2/models/{NAME}/infer"
_STOCK, _JOINED = "/v2/models/stock/infer", "/v2/models/joined/infer"


class DisagreementError(Exception):
    """Servers that give one application two probabilities: their speeds must not be compared."""


@dataclass(frozen=True)
class Target:
    """A request that one server is sent over and over."""

    case: str
    server: str
    port: int
    path: str
    body: bytes
    batch: bytes = b""
    """Sent by a second client at the same time, if not empty."""

    @property
    def url(self) -> str:
        """Where the body goes."""
        return f"http://127.0.0.1:{self.port}{self.path}"


def plan(served: Served, ports: Mapping[str, int]) -> list[Target]:
    """All that is measured in one round but the echo, in the order it is measured."""
    manifest, row = served.manifest, served.matrix[:1]
    one = served.rows.take(slice(0, 1))
    names = [feature.name for feature in manifest.features]
    own = [place for place, name in enumerate(names) if name not in manifest.history]
    newcomer = bodies.features([names[place] for place in own], served.newcomer[0, own])
    known = bodies.features(names, row[0])
    ready, matrix = bodies.tensors(one), bodies.matrix(row)
    ready_batch, matrix_batch = bodies.tensors(served.rows), bodies.matrix(served.matrix)

    def beside_each_other(
        case: str, ours: bytes, others: bytes, path: str, our_batch: bytes = b"", batch: bytes = b""
    ) -> list[Target]:
        return [
            Target(case, OURS, ports[OURS], _OURS, ours, our_batch),
            *(Target(case, server, ports[server], path, others, batch) for server in OTHERS),
        ]

    return [
        *beside_each_other(TENSOR, ready, matrix, _STOCK),
        *beside_each_other(FIELDS, bodies.fields(manifest, one), newcomer, _JOINED),
        *beside_each_other(KNOWN, bodies.fields(manifest, one, served.client), known, _JOINED),
        *beside_each_other(BESIDE, ready, matrix, _STOCK, ready_batch, matrix_batch),
    ]


def check_agreement(targets: Sequence[Target]) -> dict[str, float]:
    """Ask each target once; the probability by case. Raises DisagreementError."""
    found: dict[str, float] = {}
    for target in targets:
        for body in filter(None, (target.body, target.batch)):
            probability = _probability(target, body)
            expected = found.setdefault(target.case, probability)
            if abs(probability - expected) > TOLERANCE:
                raise DisagreementError(
                    f"{target.case}: {target.server} answers {probability:.8f}, another server {expected:.8f}; "
                    f"expected no difference above {TOLERANCE:.0e}"
                )
    return found


def _probability(target: Target, body: bytes) -> float:
    """Of the first application; the servers name their outputs differently and agree that the probability is first."""
    answer = json.loads(servers.post(target.port, target.path, body))
    return float(answer["outputs"][0]["data"][0])
