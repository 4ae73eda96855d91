"""What is measured: which server is asked what, and whether their answers agree before anything is timed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.bench import bodies, servers
from tests.bench.model import BATCH, Served
from training.bundle import MODEL

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

ASKED = 20
"""Applications that are sent in turn."""

Bodies = tuple[bytes, ...]

_OURS = f"/v2/models/{MODEL}/infer"
_STOCK, _JOINED = "/v2/models/stock/infer", "/v2/models/joined/infer"


class DisagreementError(Exception):
    """Servers that give one application two probabilities: their speeds must not be compared."""


@dataclass(frozen=True)
class Target:
    """What one server is asked, over and over."""

    case: str
    server: str
    port: int
    path: str
    bodies: Bodies
    """Sent in turn, so that no application's peculiarities stand for all."""
    batch: bytes = b""
    """Sent by a second client at the same time, if not empty."""

    @property
    def url(self) -> str:
        """Where the body goes."""
        return f"http://127.0.0.1:{self.port}{self.path}"


def plan(served: Served, ports: Mapping[str, int]) -> list[Target]:
    """All that is measured in one round but the echo, in the order it is measured."""
    manifest = served.manifest
    names = [feature.name for feature in manifest.features]
    own = [place for place, name in enumerate(names) if name not in manifest.history]
    own_names, newcomers = [names[place] for place in own], served.newcomers[:, own]
    rows = [served.rows.take(slice(place, place + 1)) for place in range(ASKED)]
    ready = tuple(bodies.tensors(row) for row in rows)
    fields = tuple(bodies.fields(manifest, row) for row in rows)
    known = tuple(bodies.fields(manifest, row, client) for row, client in zip(rows, served.clients, strict=False))
    matrices = tuple(bodies.matrix(row[None]) for row in served.matrix[:ASKED])
    few = tuple(bodies.features(own_names, row) for row in newcomers[:ASKED])
    all_ = tuple(bodies.features(names, row) for row in served.matrix[:ASKED])
    ready_batch, matrix_batch = bodies.tensors(served.rows), bodies.matrix(served.matrix)

    def all_servers(
        case: str, ours: Bodies, others: Bodies, path: str, our_batch: bytes = b"", batch: bytes = b""
    ) -> list[Target]:
        return [
            Target(case, OURS, ports[OURS], _OURS, ours, our_batch),
            *(Target(case, server, ports[server], path, others, batch) for server in OTHERS),
        ]

    return [
        *all_servers(TENSOR, ready, matrices, _STOCK),
        *all_servers(FIELDS, fields, few, _JOINED),
        *all_servers(KNOWN, known, all_, _JOINED),
        *all_servers(BESIDE, ready, matrices, _STOCK, ready_batch, matrix_batch),
    ]


def check_agreement(targets: Sequence[Target]) -> None:
    """Send each target each of its bodies once. Raises DisagreementError."""
    found: dict[tuple[str, int], float] = {}
    for target in targets:
        asked = [*enumerate(target.bodies), *([(0, target.batch)] if target.batch else [])]
        for place, body in asked:
            probability = _probability(target, body)
            expected = found.setdefault((target.case, place), probability)
            if abs(probability - expected) > TOLERANCE:
                raise DisagreementError(
                    f"{target.case}: {target.server} answers {probability:.8f}, another server {expected:.8f}; "
                    f"expected no difference above {TOLERANCE:.0e}"
                )


def _probability(target: Target, body: bytes) -> float:
    """Of the first application; the servers name their outputs differently and agree that the probability is first."""
    answer = json.loads(servers.post(target.port, target.path, body))
    return float(answer["outputs"][0]["data"][0])
