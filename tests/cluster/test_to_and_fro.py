"""Twenty promotions and rollbacks beside busy cores: none is undone, no request fails, each answer is recorded."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.charts.release import ASKED, NEEDS_CLUSTER
from tests.cluster.platform import Platform, platform
from tests.namespaces import run, until

pytestmark = NEEDS_CLUSTER
TURNS = 20
_BUSY = "import os\nwhile os.getppid() == int(os.environ['PARENT']): sum(range(100_000))"
"""Ends with the test, whatever ends that."""


@pytest.fixture(params=["deployment", "kserve"])
def bank(request: pytest.FixtureRequest) -> Iterator[Platform]:
    """Version 1 is live in two pods, and 2 is its copy."""
    if ASKED and request.param == "kserve" and "serving.kserve.io/v1beta1" not in run("kubectl", "api-versions"):
        pytest.skip("the cluster has no KServe")
    options = (f"--set=serving.mode={request.param}", "--set=serving.predictor.replicas=2")
    with platform(f"to-and-fro-{request.param}", *options) as release:
        release.register()
        yield release


@pytest.fixture
def busy() -> Iterator[None]:
    """Two processes that never rest."""
    environment = {**os.environ, "PARENT": str(os.getpid())}
    processes = [subprocess.Popen([sys.executable, "-c", _BUSY], env=environment) for _ in range(2)]
    yield
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.usefixtures("busy")
def test_every_change_ends_well(bank: Platform) -> None:
    with bank.asking() as answers:
        for turn in range(TURNS):
            if turn % 2:
                bank.credence("rollback", "--why", f"turn {turn}")
            else:
                bank.credence("promote", "2", "--approve", f"turn {turn}")
            assert bank.status()["live"] == ("1" if turn % 2 else "2")
    assert set(answers) == {"1", "2"}, answers
    status = bank.status()
    assert [change["state"] for change in status["changes"]][:TURNS] == ["done"] * TURNS
    assert status["mismatches"] == []
    answered = sum(answers.values())
    stored = until("all records", lambda: _stored(bank, answered), 120)
    print(f"{TURNS} changes, {answered} answers {answers}, {stored} records")


def _stored(bank: Platform, answered: int) -> int:
    held = bank.lender("monitor", "/v1/status")
    assert held["stored"] <= answered
    return int(held["stored"]) if held["stored"] == answered and held["missing"] == 0 else 0
