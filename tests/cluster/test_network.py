"""Who reaches whom among running pods, on a cluster that enforces NetworkPolicies."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.charts.reach import MAY, PORTS, SERVE
from tests.charts.release import NEEDS_CLUSTER, image, restricted
from tests.cluster.platform import RELEASE, Platform
from tests.namespaces import Namespace, namespace

pytestmark = NEEDS_CLUSTER
TRIES = """
import json, socket, sys

def reaches(host, port):
    try:
        socket.create_connection((host, port), 3).close()
    except OSError:
        return False
    return True

print(json.dumps([target for target, place in json.loads(sys.argv[1]).items() if reaches(*place)]))
"""
STANDS_IN = {
    "run": {"app.kubernetes.io/instance": RELEASE, "app.kubernetes.io/component": "run"},
    "clerk": {"app": "a-clerks-desk"},
}
"""Pods that live but for a moment, and one that is not the release's, by their labels."""
SLEEP = ("sleep", "infinity")
WALL = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "nobody"},
    "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
}


def pod(name: str, labels: dict[str, str], *command: str) -> dict[str, Any]:
    spec = restricted(name, image=image("predictor"), command=command)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}


def start(space: Namespace, *objects: dict[str, Any]) -> None:
    """Apply objects, and wait until the pods among them run."""
    space.apply(*objects)
    names = [f"pod/{each['metadata']['name']}" for each in objects if each["kind"] == "Pod"]
    space.kubectl("wait", "--for=condition=Ready", "--timeout=120s", *names)


def reached(space: Namespace, source: str, places: dict[str, tuple[str, int]]) -> list[str]:
    """Which of the places a pod, or one of a Deployment, can connect to."""
    found: list[str] = json.loads(space.kubectl("exec", source, "--", "python", "-c", TRIES, json.dumps(places)))
    return found


@pytest.fixture(scope="module")
def enforced() -> None:
    """Skips on a cluster that only stores the policies."""
    with namespace("walls") as space:
        start(space, WALL, pod("walled", {}, "python", "-m", "http.server", "8080"), pod("outside", {}, *SLEEP))
        host = space.kubectl("get", "pod/walled", "--output=jsonpath={.status.podIP}")
        time.sleep(5)  # a policy is in force some time after it is stored
        if reached(space, "pod/outside", {"walled": (host, 8080)}):
            pytest.skip("this cluster does not enforce NetworkPolicies")


@pytest.fixture(scope="module")
def places(enforced: None, bank: Platform) -> Iterator[dict[str, tuple[str, int]]]:
    """Where each component answers, for pods of the namespace; those that stand in for others run as long."""
    start(bank, *(pod(name, labels, *SLEEP) for name, labels in STANDS_IN.items()))
    served = bank.worker("printenv", "CREDENCE_SERVING_NAME").strip()
    yield {
        name: (f"{served}-{name}", 80) if name in SERVE else (f"{RELEASE}-{name}", port) for name, port in PORTS.items()
    }
    bank.kubectl("delete", "pod", *STANDS_IN)


@pytest.mark.parametrize("source", [*PORTS, "worker", "run"])
def test_only_the_arrows_are_open(bank: Platform, places: dict[str, tuple[str, int]], source: str) -> None:
    pods = {name: f"deployment/{host}" for name, (host, _) in places.items()}
    pods |= {"worker": f"deployment/{RELEASE}-worker", "run": "pod/run"}
    others = {name: place for name, place in places.items() if name != source}
    assert set(reached(bank, pods[source], others)) == {name for name in others if source in MAY[name]}


def test_a_stranger_reaches_what_serves(bank: Platform, places: dict[str, tuple[str, int]]) -> None:
    assert set(reached(bank, "pod/clerk", places)) == SERVE
