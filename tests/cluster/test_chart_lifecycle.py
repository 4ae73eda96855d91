"""A release comes up, survives its pods, is upgraded with all data kept, and leaves what it says it leaves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.charts.chart import CHART
from tests.charts.release import DEPLOYMENT, NEEDS_CLUSTER, Namespace, namespace

pytestmark = NEEDS_CLUSTER
SMALL = f"--values={CHART / 'values-small.yaml'}"
PLATFORM = ("mlflow", "prefect", "monitor", "worker")
CLAIMS = {f"persistentvolumeclaim/credence-{name}" for name in ("mlflow", "prefect", "monitor", "runs")}


@pytest.fixture(scope="module")
def space() -> Iterator[Namespace]:
    with namespace("chart-lifecycle") as made:
        made.install("credence", SMALL, DEPLOYMENT, "--wait", "--timeout=10m")
        yield made


def _asks(space: Namespace, url: str) -> str:
    program = f"import urllib.request as u; print(u.urlopen({url!r}, timeout=10).read().decode())"
    return space.kubectl("exec", "deploy/credence-worker", "--", "python", "-c", program)


def _token(space: Namespace) -> str:
    return space.kubectl("get", "secret", "credence-tokens", "--output=jsonpath={.data.monitor}")


def test_release_comes_up_restricted(space: Namespace) -> None:
    ready = {each["metadata"]["name"]: each["status"].get("readyReplicas") for each in space.get("deployments")}
    assert ready == {f"credence-{name}": 1 for name in PLATFORM}


@pytest.mark.parametrize("flow", ["train", "retrain", "promote", "rollback"])
def test_deployments_are_registered(space: Namespace, flow: str) -> None:
    told = _asks(space, f"http://credence-prefect:4200/api/deployments/name/{flow}/credence")
    assert '"work_pool_name":"credence"' in told


def test_nothing_serves_before_a_promotion(space: Namespace) -> None:
    assert "credit-default-predictor" not in space.kubectl("get", "deployments,services", "--output=name")


def test_mlflow_answers_by_its_services_name(space: Namespace) -> None:
    assert "experiments" in _asks(space, "http://credence-mlflow:5000/api/2.0/mlflow/experiments/search?max_results=1")


@pytest.mark.parametrize("component", PLATFORM)
def test_killed_pod_comes_back(space: Namespace, component: str) -> None:
    selector = f"app.kubernetes.io/component={component}"
    space.kubectl("delete", "pod", "--selector", selector, "--grace-period=0", "--force", "--wait=true")
    space.kubectl("rollout", "status", f"deployment/credence-{component}", "--timeout=180s")


def test_upgrade_keeps_tokens_and_changes_settings(space: Namespace) -> None:
    before = _token(space)
    space.install("credence", SMALL, DEPLOYMENT, "--set=promotion.watchSeconds=7", "--wait", "--timeout=10m")
    assert _token(space) == before
    told = space.kubectl("exec", "deploy/credence-worker", "--", "printenv", "CREDENCE_WATCH_SECONDS")
    assert told.strip() == "7"


def test_uninstalled_release_leaves_its_volumes(space: Namespace) -> None:
    space.helm("uninstall", "credence", "--wait", "--timeout=3m")
    kinds = "deployments,services,jobs,cronjobs,configmaps,secrets,roles,rolebindings,serviceaccounts,networkpolicies"
    assert space.names(f"{kinds},poddisruptionbudgets,leases") == set()
    assert space.names("persistentvolumeclaims") == CLAIMS
