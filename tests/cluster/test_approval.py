"""A promotion that no person asked for waits for one, who agrees or refuses by Prefect's API, as its pages do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.charts.release import NEEDS_CLUSTER
from tests.cluster.platform import Platform
from tests.namespaces import until

pytestmark = NEEDS_CLUSTER

POLICY = {"threshold": 0.068, "cost_fn": 100.0}
"""Of a version that says what version 1 says, and by its own costs decides better on those in between."""
ENDED = ("Completed", "Failed", "Cancelled", "Crashed")
_BECOME = """
import pickle, random
from flows.clients.monitor import tell_outcomes
from flows.settings import from_environment
from monitoring.intake.outcomes import Outcome
with open("/var/lib/credence/lender/ordinary-answered.pickle", "rb") as file:
    answered = pickle.load(file)
luck = random.Random(0)
tell_outcomes(from_environment(), [
    Outcome(
        record=one.record,
        defaulted=luck.random() < one.probability,
        explored=1.0 if one.probability >= one.threshold else None,
    )
    for one in answered
])
print(len(answered))
"""
"""As many of them default as version 1 expects, and all are known."""


class Waiting:
    """A version that the gate lets live, and the verdict behind it."""

    def __init__(self, bank: Platform, version: str, verdict: str) -> None:
        self.bank, self.version, self.verdict = bank, version, verdict

    def ask(self, method: str, path: str, **content: Any) -> Any:
        """What Prefect answers."""
        return self.bank.request(method, f"$PREFECT_API_URL{path}", content)

    def begin(self) -> dict[str, Any]:
        """A run of the promotion that has come so far that it waits."""
        deployment = self.ask("GET", "/deployments/name/promote/credence")["id"]
        parameters = {"version": self.version, "verdict": self.verdict}
        run = self.ask("POST", f"/deployments/{deployment}/create_flow_run", parameters=parameters)["id"]
        return self.wait(run, "Suspended")

    def wait(self, run: str, state: str) -> dict[str, Any]:
        """The run, once it is in a state."""

        def look() -> Any:
            found = self.ask("GET", f"/flow_runs/{run}")
            assert found["state_name"] not in ENDED or found["state_name"] == state, found["state"]
            return found if found["state_name"] == state else None

        return dict(until(f"a run that is {state}", look, 240))

    def jobs(self, run: str) -> list[dict[str, Any]]:
        """Those that the run was done by."""
        return self.bank.get("jobs", "--selector", f"prefect.io/flow-run-id={run}")

    def noted(self) -> str:
        """What was done last about the verdict."""
        (*_, action) = self.bank.lender("monitor", f"/v1/verdicts/{self.verdict}")["actions"]
        return str(action["what"])


@pytest.fixture(scope="module")
def waiting(bank: Platform) -> Waiting:
    """After clients have applied and it is known what became of them."""
    bank.credence("review")  # what was asked before is none of it
    bank.lender("submit", "ordinary")
    until("all records", lambda: bank.lender("monitor", "/v1/status")["missing"] == 0, 120)
    window = json.loads(bank.credence("review", "--json"))["window"]
    bank.python(_BECOME)

    def known() -> bool:
        cohorts = bank.lender("monitor", "/v1/cohorts")["cohorts"]
        return window in [f"{one['version']}-{one['number']}" for one in cohorts]

    until("a closed cohort", known, 120)
    verdict = json.loads(bank.credence("review", "--json"))
    return Waiting(bank, bank.register(policy=POLICY), verdict["id"])


@pytest.fixture(scope="module")
def suspended(waiting: Waiting) -> dict[str, Any]:
    return waiting.begin()


def test_run_waits_and_says_what_to_do(bank: Platform, waiting: Waiting, suspended: dict[str, Any]) -> None:
    key = suspended["state"]["state_details"]["run_input_keyset"]["description"]
    form = waiting.ask("GET", f"/flow_runs/{suspended['id']}/input/{key}")
    says = f"Version {waiting.version} may take the place of version 1, by verdict {waiting.verdict}: all "
    assert form.startswith(says)
    assert waiting.noted() == f"version {waiting.version} waits for a person"
    until(
        "the end of its pod", lambda: all(job["status"].get("succeeded") for job in waiting.jobs(suspended["id"])), 60
    )
    assert bank.status()["live"] == "1"


def test_cancelled_run_leaves_what_is_live_and_a_note(
    bank: Platform, waiting: Waiting, suspended: dict[str, Any]
) -> None:
    before = bank.status()
    with bank.asking() as answers:
        waiting.ask("POST", f"/flow_runs/{suspended['id']}/set_state", state={"type": "CANCELLING"})
        waiting.wait(suspended["id"], "Cancelled")
        told = f"version {waiting.version} waits no more: run {suspended['name']} is cancelled"
        until("a note of it", lambda: waiting.noted() == told, 60)
    after = bank.status()
    assert (set(answers), after["live"], after["changes"]) == ({"1"}, "1", before["changes"])


def test_agreed_promotion_goes_live_in_another_job(bank: Platform, waiting: Waiting) -> None:
    run = waiting.begin()
    path = f"/flow_runs/{run['id']}/resume"
    agreed = {"name": "A. Lender", "reason": "the figures are good"}
    assert waiting.ask("POST", path, run_input=agreed | {"reason": ""})["status"] == "REJECT"
    with bank.asking() as answers:
        assert waiting.ask("POST", path, run_input=agreed)["status"] == "ACCEPT"
        waiting.wait(run["id"], "Completed")
    assert set(answers) == {"1", waiting.version}
    status = bank.status()
    assert (status["live"], status["aliases"]["champion"]) == (waiting.version, waiting.version)
    change, *_ = status["changes"]
    assert (change["by"], change["approved"]) == (f"A. Lender, in Prefect run {run['name']}", "the figures are good")
    assert waiting.noted() == f"version {waiting.version} is live, in place of 1"
    assert len(waiting.jobs(run["id"])) == 2
