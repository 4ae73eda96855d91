"""Values that cannot work are refused before anything changes, by a message that names the cause."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.charts.release import DEPLOYMENT, ELSEWHERE, NEEDS_CLUSTER, install
from tests.namespaces import CommandError, Namespace, namespace, run

pytestmark = NEEDS_CLUSTER
ASK = "--dry-run=server"
SECOND = (DEPLOYMENT, "--set=serving.name=second")
SECRET = "--set=database.existingSecret"
MONITOR = "app.kubernetes.io/instance=third,app.kubernetes.io/component=monitor"
CAUSE = "the database postgresql+psycopg://127.0.0.1:9/none is not available"
UNREACHABLE = "postgresql+psycopg://nobody:secret-word@127.0.0.1:9/none"


@pytest.fixture(scope="module")
def space() -> Iterator[Namespace]:
    with namespace("chart-bad-values") as made:
        made.kubectl("create", "secret", "generic", "half", f"--from-literal=mlflow={UNREACHABLE}")
        made.kubectl("create", "secret", "generic", "unreachable", f"--from-literal=monitor={UNREACHABLE}")
        install(made, "first", DEPLOYMENT, *ELSEWHERE, "--set=monitor.enabled=false", "--no-hooks")
        yield made


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--set=serving.modus=kserve",), "modus"),
        (("--set-string=serving.predictor.replicas=2",), "/serving/predictor/replicas"),
        (("--set=serving.mode=knative",), "/serving/mode"),
        (
            (*SECOND, f"{SECRET}=none"),
            'there is no Secret "none" in namespace "chart-bad-values"; it must have the keys mlflow, prefect, monitor',
        ),
        ((*SECOND, f"{SECRET}=half"), 'Secret "half" in namespace "chart-bad-values" has no key "prefect"'),
        ((*SECOND, "--set=tokens.existingSecret=none"), 'tokens.existingSecret: there is no Secret "none"'),
        ((*SECOND, "--set=data.existingClaim=none"), 'there is no PersistentVolumeClaim "none"'),
        ((DEPLOYMENT,), 'release "first" already serves "credit-default" in namespace "chart-bad-values"'),
        ((*SECOND, "--set=gateway.enabled=true"), "gateway.enabled is true"),
    ],
)
def test_installation_is_refused(space: Namespace, options: tuple[str, ...], says: str) -> None:
    with pytest.raises(CommandError) as refused:
        install(space, "second", *options, ASK)
    assert says in str(refused.value)


def test_two_releases_share_a_namespace(space: Namespace) -> None:
    install(space, "second", *SECOND, ASK)


def test_mode_kserve_wants_kserve(space: Namespace) -> None:
    if "serving.kserve.io/v1beta1" in run("kubectl", "api-versions"):
        pytest.skip("this cluster has KServe")
    with pytest.raises(CommandError, match="install KServe first, or set"):
        install(space, "second", "--set=serving.name=second", ASK)


def test_refused_upgrade_changes_nothing(space: Namespace) -> None:
    with pytest.raises(CommandError, match="promotion/approval"):
        space.helm("upgrade", "first", "charts/credence", "--set=promotion.approval=maybe")
    (release,) = json.loads(space.helm("list", "--output=json"))
    assert (release["revision"], release["status"]) == ("1", "deployed")


def test_unreachable_database_is_named(space: Namespace) -> None:
    """The pod runs, so that its log can be read, is not ready, and keeps the password to itself."""
    options = (DEPLOYMENT, *ELSEWHERE, "--set=serving.name=third", f"{SECRET}=unreachable", "--no-hooks")
    install(space, "third", *options)
    space.kubectl("wait", "--for=jsonpath={.status.phase}=Running", "pod", "--timeout=120s", "--selector", MONITOR)
    log = _log(space)
    assert CAUSE in log
    assert "secret-word" not in log
    (pod,) = space.get("pods", "--selector", MONITOR)
    assert not any(each["ready"] for each in pod["status"]["containerStatuses"])


def _log(space: Namespace) -> str:
    """What the monitor says, once it says something of its database."""
    deadline = time.monotonic() + 90
    while CAUSE not in (log := space.kubectl("logs", "--selector", MONITOR)) and time.monotonic() < deadline:
        time.sleep(1)
    return log
