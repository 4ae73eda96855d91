"""What a token of each service account may do, and what it may not."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.charts.release import DEPLOYMENT, ELSEWHERE, NEEDS_CLUSTER, install
from tests.namespaces import Namespace, namespace, run

pytestmark = NEEDS_CLUSTER
ACCOUNTS = ("run", "worker", "monitor", "predictor", "explainer")
PREDICTOR = "credit-default-predictor"
MAY = {
    "run": [
        ("get", "configmaps/credence-serving"),
        ("create", f"deployments.apps/{PREDICTOR}"),
        ("patch", f"deployments.apps/{PREDICTOR}"),
        ("patch", f"services/{PREDICTOR}"),
        ("create", "leases.coordination.k8s.io"),
        ("update", "leases.coordination.k8s.io/credence-promotion"),
        ("list", "pods"),
        ("list", "endpointslices.discovery.k8s.io"),
        ("get", "pods/some", "log"),
    ],
    "worker": [
        ("create", "jobs.batch"),
        ("delete", "jobs.batch/some"),
        ("get", "configmaps/credence-serving"),
        ("get", "pods/some", "log"),
        ("list", "pods"),
        ("watch", "pods"),
    ],
}
NOBODY_MAY = [
    ("get", "secrets"),
    ("get", "secrets/credence-tokens"),
    ("create", "pods"),
    ("create", "pods/some", "exec"),
    ("delete", "pods/some"),
    ("patch", "deployments.apps/credence-mlflow"),
    ("delete", "persistentvolumeclaims/credence-runs"),
    ("patch", "configmaps/credence-serving"),
    ("update", "leases.coordination.k8s.io/another"),
    ("create", "rolebindings.rbac.authorization.k8s.io"),
    ("get", "nodes"),
    ("impersonate", "serviceaccounts"),
]


@pytest.fixture(scope="module")
def space() -> Iterator[Namespace]:
    with namespace("chart-rights") as made:
        install(made, "credence", DEPLOYMENT, *ELSEWHERE, "--no-hooks")
        yield made


@pytest.fixture(scope="module")
def kubeconfigs(space: Namespace, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A file for each account with its token and nothing else to be known by."""
    view = json.loads(run("kubectl", "config", "view", "--minify", "--raw", "--output=json"))
    folder = tmp_path_factory.mktemp("accounts")
    for name in ACCOUNTS:
        token = space.kubectl("create", "token", f"credence-{name}").strip()
        (folder / name).write_text(json.dumps({**view, "users": [{**view["users"][0], "user": {"token": token}}]}))
    return {name: folder / name for name in ACCOUNTS}


def _may(kubeconfig: Path, space: Namespace, verb: str, what: str, part: str = "") -> bool:
    command = ["kubectl", f"--kubeconfig={kubeconfig}", f"--namespace={space.name}", "auth", "can-i", verb, what]
    done = subprocess.run([*command, f"--subresource={part}"], capture_output=True, text=True)
    return done.stdout.strip() == "yes"


@pytest.mark.parametrize(("account", "asks"), [(name, asks) for name, each in MAY.items() for asks in each])
def test_account_may_do_its_work(
    space: Namespace, kubeconfigs: dict[str, Path], account: str, asks: tuple[str, ...]
) -> None:
    assert _may(kubeconfigs[account], space, *asks)


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("asks", NOBODY_MAY)
def test_account_may_nothing_else(
    space: Namespace, kubeconfigs: dict[str, Path], account: str, asks: tuple[str, ...]
) -> None:
    assert not _may(kubeconfigs[account], space, *asks)


ANOTHERS = [
    (account, asks)
    for account in ACCOUNTS
    for asks in {each for work in MAY.values() for each in work} - set(MAY.get(account, []))
]


@pytest.mark.parametrize(("account", "asks"), sorted(ANOTHERS))
def test_account_may_not_do_anothers_work(
    space: Namespace, kubeconfigs: dict[str, Path], account: str, asks: tuple[str, ...]
) -> None:
    assert not _may(kubeconfigs[account], space, *asks)
