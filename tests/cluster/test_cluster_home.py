"""Rolling out, waiting, undoing and being alone, on a real cluster, with a small server in the predictor's place."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import msgspec
import pytest

from flows.deploy import template
from flows.deploy.kube import Kube
from flows.deploy.lease import Lease
from flows.deploy.objects import Serving
from flows.errors import Busy, ClusterRefused, NotDeployed
from flows.settings import PlatformSettings
from tests.charts.release import NEEDS_CLUSTER, image
from tests.namespaces import Namespace, namespace

pytestmark = NEEDS_CLUSTER

TEMPLATE = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: credit-default-predictor
  annotations: {credence/version: "${version}"}
spec:
  replicas: 2
  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  selector: {matchLabels: {component: predictor}}
  template:
    metadata: {labels: {component: predictor}}
    spec:
      terminationGracePeriodSeconds: 1
      securityContext: {runAsNonRoot: true, runAsUser: 10001, seccompProfile: {type: RuntimeDefault}}
      initContainers:
        - name: storage-initializer
          image: IMAGE
          command: [python, -c, "INITIALIZER", "${version}"]
          securityContext: &small {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
      containers:
        - name: predictor
          image: IMAGE
          command: [python, -m, http.server, "8080"]
          readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
          resources: {requests: {memory: MEMORY}}
          securityContext: *small
---
apiVersion: v1
kind: Service
metadata: {name: credit-default-predictor}
spec: {selector: {component: predictor}, ports: [{port: 80, targetPort: 8080}]}
"""
REFUSES = "import sys; print('version ' + sys.argv[1] + ' is not published'); sys.exit(sys.argv[1] == '9')"


def text(server: str = image("predictor"), memory: str = "16Mi") -> str:
    return TEMPLATE.replace("IMAGE", server).replace("MEMORY", memory).replace("INITIALIZER", REFUSES)


def put(space: Namespace, content: str) -> None:
    """Let the template be this one, as an upgrade of the chart does."""
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "trial-serving"}}
    space.apply({**config, "data": {"serving.yaml": content}})


@pytest.fixture(scope="module")
def space() -> Iterator[Namespace]:
    with namespace("flows-home") as made:
        yield made


@pytest.fixture
def settings(space: Namespace) -> PlatformSettings:
    put(space, text())
    return PlatformSettings(serving="cluster", namespace=space.name, fullname="trial", deploy_seconds=90)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def serving(settings: PlatformSettings, said: list[str]) -> Serving:
    return Serving(settings, said.append)


@pytest.fixture
def first(serving: Serving) -> Serving:
    """Version 1 is live."""
    serving.roll_out(serving.documents("1", None))
    return serving


def test_nothing_is_live_at_first(serving: Serving) -> None:
    serving.remove()
    assert serving.applied(template.VERSION) is None
    assert serving.count("credit-default-predictor") == (0, 0)


def test_version_goes_live_and_another_in_its_place(first: Serving, said: list[str]) -> None:
    assert (first.applied(template.VERSION), first.count("credit-default-predictor")) == ("1", (2, 2))
    said.clear()
    first.roll_out(first.documents("2", None))
    assert (first.applied(template.VERSION), first.ran("1"), first.ran("7")) == ("2", True, False)
    pods = first.pods(first.deployments())
    assert [pod["metadata"]["annotations"][template.VERSION] for pod in pods] == ["2", "2"]
    assert "waiting for Deployment credit-default-predictor: 2 pods to be ready in place of 1 from before" in said


def test_same_version_restarts_nothing(first: Serving) -> None:
    before = {pod["metadata"]["uid"] for pod in first.pods(first.deployments())}
    first.roll_out(first.documents("1", None))
    assert {pod["metadata"]["uid"] for pod in first.pods(first.deployments())} == before


def test_another_history_restarts_every_pod(first: Serving) -> None:
    before = {pod["metadata"]["uid"] for pod in first.pods(first.deployments())}
    first.roll_out(first.documents("1", "abc"))
    assert first.applied(template.HISTORY) == "abc"
    assert not before & {pod["metadata"]["uid"] for pod in first.pods(first.deployments())}


def test_failing_initializer_is_quoted_and_the_old_pods_answer(first: Serving, space: Namespace) -> None:
    with pytest.raises(
        NotDeployed, match=r"init container storage-initializer of pod .* ends again and again"
    ) as caught:
        first.roll_out(first.documents("9", None))
    assert "It wrote: version 9 is not published" in str(caught.value)
    running = space.kubectl("get", "pods", "--output=jsonpath={.items[*].status.phase}").split()
    assert running.count("Running") == 2
    first.roll_out(first.documents("1", None))
    assert first.count("credit-default-predictor") == (2, 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (text(server="localhost/nowhere:1"), r"storage-initializer of pod .* cannot be started \(ImagePullBackOff\)"),
        (text(memory="900Gi"), r"no node takes pod .*Insufficient memory"),
        (text().replace("drop: [ALL]", "drop: []"), r"its pods cannot be made \(FailedCreate\).*violates PodSecurity"),
        (text().replace("port: 80,", "port: 80000,"), r"version 1 cannot be applied: .*Service.*must be between 1 and"),
        (text().replace("periodSeconds: 1", "periodSeconds: x"), r"cannot be applied: .*Deployment.*periodSeconds"),
    ],
)
def test_template_that_does_not_come_up_is_explained(
    first: Serving, space: Namespace, content: str, message: str
) -> None:
    before = first.documents("1", None)
    put(space, content)
    with pytest.raises(NotDeployed, match=message):
        first.roll_out(first.documents("1", None))
    assert first.count("credit-default-predictor")[0] == 2
    first.roll_out(before)


def test_limit_says_what_is_waited_for(first: Serving, space: Namespace, settings: PlatformSettings) -> None:
    put(space, text().replace("path: /, port: 8080", "path: /missing, port: 8080"))
    hasty = Serving(msgspec.structs.replace(settings, deploy_seconds=8), print)
    with pytest.raises(
        NotDeployed, match=r"after 8 s \(CREDENCE_DEPLOY_SECONDS\): it waits for Deployment .* ready|made"
    ):
        hasty.roll_out(hasty.documents("2", None))
    assert first.count("credit-default-predictor")[0] == 2


def test_everything_goes_with_the_template(first: Serving, space: Namespace) -> None:
    space.kubectl("delete", "configmap", "trial-serving")
    for kind in ("deployment", "service"):
        space.kubectl("wait", "--for=delete", f"{kind}/credit-default-predictor", "--timeout=60s")


def test_missing_template_is_named(serving: Serving, space: Namespace) -> None:
    space.kubectl("delete", "configmap", "trial-serving")
    with pytest.raises(NotDeployed, match="ConfigMap trial-serving is not in namespace flows-home: the chart makes it"):
        serving.applied(template.VERSION)


def lease(serving: Serving, seconds: int = 30) -> Lease:
    return Lease(serving.kube, "trial-promotion", template.owner(serving.config()), seconds)


def test_one_change_at_a_time(serving: Serving) -> None:
    with lease(serving), pytest.raises(Busy, match=r"pod .* holds Lease trial-promotion since 20"), lease(serving):
        pass
    with lease(serving):
        pass


def test_lease_of_the_dead_is_taken_over(serving: Serving) -> None:
    dead = lease(serving, seconds=3)
    dead._take()  # and it is never renewed
    with pytest.raises(Busy), lease(serving):
        pass
    time.sleep(3.5)
    with lease(serving) as taken:
        taken.check()
        with pytest.raises(Busy, match="could not be renewed for 3 s"):
            dead.check()


def test_held_lease_is_renewed(serving: Serving) -> None:
    with lease(serving, seconds=2) as held:
        threading.Event().wait(5)
        held.check()
        with pytest.raises(Busy), lease(serving):
            pass


def test_lease_keeps_what_came_up(serving: Serving) -> None:
    with lease(serving, seconds=2) as held:
        held.note("credence/applied", [{"a": 1}])
    with lease(serving) as next_one:
        assert next_one.noted("credence/applied") == [{"a": 1}]
        assert next_one.noted("credence/other") is None


def test_unknown_kind_is_told(settings: PlatformSettings) -> None:
    document = {"apiVersion": "lending/v1", "kind": "Loan", "metadata": {"name": "one", "namespace": "flows-home"}}
    with pytest.raises(
        ClusterRefused, match="apply Loan one in namespace flows-home: it knows no objects of kind Loan"
    ):
        Kube("flows-home").apply(document)
