"""MLflow, Prefect and the monitor on PostgreSQL, and what goes on while it and they are away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.charts.release import NEEDS_CLUSTER, image, restricted
from tests.cluster.platform import APPLICATION, Platform, begin
from tests.cluster.postgres import DRIVERS, OPTIONS, PASSWORD, QUOTED, Postgres
from tests.namespaces import CommandError, Namespace, namespace, until
from training.bundle import MODEL

pytestmark = NEEDS_CLUSTER
REQUEST = json.loads(APPLICATION.read_text())
RUNS = "SELECT flow.name FROM flow_run JOIN flow ON flow.id = flow_id WHERE state_type = 'COMPLETED'"
KEPT = [
    ("mlflow", "SELECT key, value FROM tags ORDER BY run_uuid, key"),
    ("mlflow", "SELECT name, version, source FROM model_versions"),
    ("prefect", RUNS + " ORDER BY flow_run.id"),
    ("monitor", "SELECT version, at FROM live"),
]
VOLUMES = {"mlflow": "/var/lib/mlflow", "prefect": "/var/lib/prefect", "monitor": "/var/lib/credence"}
WAITS = (
    f"version 1 of {MODEL} cannot be fetched from http://credence-mlflow:5000 (CREDENCE_MLFLOW_URL): MLflow does not"
)
POST = """
import http.client, sys, time
host, path, times, body = *sys.argv[1:3], int(sys.argv[3]), sys.stdin.buffer.read()
for _ in range(times):
    for pause in (0.5, 1, 2, 4, None):  # until the node knows the address of a pod that has just become ready
        connection = http.client.HTTPConnection(host, timeout=60)
        try:
            connection.connect()
            break
        except ConnectionRefusedError:
            if pause is None:
                raise
            time.sleep(pause)
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    told = answer.read().decode()
    if answer.status != 200:
        sys.exit(f"{host}{path} answers {answer.status}: {told}")
    print(told)
"""


class Lender(NamedTuple):
    """One with a database server of its own, a release that uses it, and somebody who asks."""

    space: Namespace
    postgres: Postgres
    release: Platform
    answered: list[str]
    """Ids under which answers are to be recorded."""

    def ask(self, times: int) -> None:
        """One application is decided so many times."""
        for told in self._post(f"{MODEL}-predictor", f"/v2/models/{MODEL}/infer", REQUEST, times):
            self.answered.append(told["parameters"]["record_ids"])

    def explain(self) -> list[str]:
        """Reasons for that decision."""
        named = {each["name"]: each["data"][0] for each in REQUEST["inputs"]}
        (told,) = self._post(f"{MODEL}-explainer", f"/v1/models/{MODEL}:explain", {"instances": [named]}, 1)
        return [reason["english"] for reason in told["explanations"][0]["reasons"]]

    def _post(self, host: str, path: str, body: Any, times: int) -> list[Any]:
        command = ("exec", "--stdin", "caller", "--", "python", "-c", POST, host, path, str(times))
        return [json.loads(line) for line in self.space.kubectl(*command, given=json.dumps(body)).splitlines()]

    def recorded(self) -> bool:
        """Whether the monitor has every answer, once, and nothing else."""
        return sorted(self.postgres.sql("monitor", "SELECT id FROM records")) == sorted(self.answered)

    def pods(self, component: str) -> dict[str, bool]:
        """Whether each is ready; those that are ending are left out."""
        return {
            pod["metadata"]["name"]: any(
                each["type"] == "Ready" and each["status"] == "True" for each in pod["status"].get("conditions", [])
            )
            for pod in self.space.get("pods", _of(component))
            if "deletionTimestamp" not in pod["metadata"]
        }

    def initializer(self, pod: str) -> str:
        """What fetches a pod's version has said; nothing before it runs."""
        try:
            return self.space.kubectl("logs", pod, "--container=storage-initializer")
        except CommandError:
            return ""

    def scale(self, component: str, replicas: int) -> None:
        """That many pods are wanted; where they are none, they have ended."""
        self.space.kubectl("scale", "deployment", _of(component), f"--replicas={replicas}")
        if not replicas:
            self.space.kubectl("wait", "--for=delete", "pod", _of(component), "--timeout=60s")

    def settle(self, *components: str) -> None:
        """All pods are ready."""
        for component in components:
            self.space.kubectl("rollout", "status", "deployment", _of(component), "--timeout=240s")

    def replace(self, component: str) -> None:
        """Pods are deleted, and others are ready."""
        self.space.kubectl("delete", "pod", _of(component), "--wait=true")
        self.settle(component)


def _of(component: str) -> str:
    return f"--selector=app.kubernetes.io/component={component}"


@pytest.fixture(scope="module")
def lender() -> Iterator[Lender]:
    with namespace("postgresql") as space:
        postgres = Postgres(space)
        caller = restricted("caller", image=image("predictor"), command=["sleep", "infinity"])
        told = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "caller"}, "spec": caller}
        space.apply(told)
        yield Lender(space, postgres, begin(space, *OPTIONS), [])


@pytest.fixture(scope="module")
def without_databases(lender: Lender) -> Lender:
    """Neither PostgreSQL nor Prefect is there, and no predictor holds a record that only it has."""
    until("the records", lender.recorded, 120)
    lender.scale("postgres", 0)
    lender.scale("prefect", 0)
    return lender


@pytest.fixture(scope="module")
def without_registry(without_databases: Lender) -> Lender:
    """Nor is MLflow."""
    without_databases.scale("mlflow", 0)
    return without_databases


@pytest.fixture(scope="module")
def all_back(without_registry: Lender) -> Lender:
    """All come back at once, and find each other."""
    for component in ("mlflow", "prefect", "postgres"):
        without_registry.scale(component, 1)
    without_registry.settle("postgres", "mlflow", "prefect", "monitor", "worker", "predictor", "explainer")
    return without_registry


@pytest.mark.parametrize(
    ("database", "statement", "rows"),
    [
        ("mlflow", "SELECT name, version FROM model_versions", [f"{MODEL}|1"]),
        ("mlflow", "SELECT version FROM registered_model_aliases WHERE alias = 'champion'", ["1"]),
        ("prefect", f"SELECT DISTINCT name FROM ({RUNS}) AS runs ORDER BY name", ["promote", "train"]),
        ("monitor", "SELECT version FROM live", ["1"]),
    ],
)
def test_database_holds_what_is_its_own(lender: Lender, database: str, statement: str, rows: list[str]) -> None:
    assert lender.postgres.sql(database, statement) == rows


def test_answers_are_recorded(lender: Lender) -> None:
    lender.ask(3)
    until("the records", lender.recorded, 120)


@pytest.mark.parametrize("component", DRIVERS)
def test_volume_holds_no_database(lender: Lender, component: str) -> None:
    """It is claimed in any case: MLflow's for artifacts, the monitor's for versions and reports."""
    find = ("find", VOLUMES[component], "-name", "*.sqlite*", "-o", "-name", "*.db")
    assert lender.space.kubectl("exec", f"deploy/credence-{component}", "--", *find) == ""


def test_no_volume_is_claimed_beside_the_charts(lender: Lender) -> None:
    claims = {claim["metadata"]["name"] for claim in lender.space.get("persistentvolumeclaims")}
    assert claims - {"postgres"} == {f"credence-{name}" for name in ("mlflow", "monitor", "runs")}


def test_upgrade_keeps_all(lender: Lender) -> None:
    """All pods are made anew, those that serve too."""
    before, status, pods = (
        [lender.postgres.sql(*kept) for kept in KEPT],
        lender.release.status(),
        lender.pods("predictor"),
    )
    lender.ask(3)
    lender.release.upgrade("--set=pods.annotations.trial=upgraded", "--wait")
    assert [lender.postgres.sql(*kept) for kept in KEPT] == before
    after = lender.release.status()
    assert (after["live"], after["aliases"], after["changes"]) == ("1", status["aliases"], status["changes"])
    assert not pods.keys() & lender.pods("predictor").keys()
    lender.ask(3)
    until("the records", lender.recorded, 120)


@pytest.mark.parametrize("component", ["predictor", "explainer"])
def test_deleted_pod_comes_back_without_databases(without_databases: Lender, component: str) -> None:
    before = without_databases.pods(component)
    without_databases.replace(component)
    assert not before.keys() & without_databases.pods(component).keys()
    without_databases.ask(5)
    assert without_databases.explain()


def test_pods_that_run_answer_without_registry(without_registry: Lender) -> None:
    without_registry.ask(5)
    assert without_registry.explain()


def test_new_pod_says_what_it_waits_for(without_registry: Lender) -> None:
    (old,) = without_registry.pods("predictor")
    without_registry.scale("predictor", 2)
    until("another pod", lambda: len(without_registry.pods("predictor")) == 2, 120)
    (new,) = without_registry.pods("predictor").keys() - {old}
    until("its words", lambda: WAITS in without_registry.initializer(new), 120)
    assert without_registry.pods("predictor") == {old: True, new: False}
    without_registry.ask(5)


def test_records_arrive_once_when_all_is_back(all_back: Lender) -> None:
    all_back.ask(5)
    until("the records", all_back.recorded, 120)
    assert all_back.release.status()["mismatches"] == []


def test_monitor_outlives_its_database(all_back: Lender) -> None:
    (pod,) = all_back.space.get("pods", _of("monitor"))
    assert [each["restartCount"] for each in pod["status"]["containerStatuses"]] == [0]


def test_passwords_are_not_told(all_back: Lender) -> None:
    options = ("--selector=app.kubernetes.io/instance=credence", "--max-log-requests=30", "--all-containers")
    said = all_back.space.kubectl("logs", *options, "--tail=-1")
    assert "postgres:5432" in said
    assert PASSWORD not in said
    assert QUOTED not in said
