"""What is off by default is admitted too, by an API server that knows its kinds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.charts.chart import CHART
from tests.charts.release import DEPLOYMENT, NEEDS_CLUSTER
from tests.namespaces import Namespace, namespace, run

pytestmark = NEEDS_CLUSTER
SWITCHED_ON = {
    "gateway.networking.k8s.io/v1": (
        "--set=gateway.enabled=true",
        '--set-json=gateway.parentRefs=[{"name": "public", "namespace": "gateways", "sectionName": "https"}]',
        *(f"--set=gateway.hosts.{name}={name}.example.com" for name in ("predictor", "explainer", "review")),
    ),
    "monitoring.coreos.com/v1": (
        "--set=metrics.serviceMonitor.enabled=true",
        "--set=metrics.prometheusRule.enabled=true",
    ),
    "v1": ("--set=metrics.dashboards.enabled=true",),
}


@pytest.fixture(scope="module")
def space() -> Iterator[Namespace]:
    with namespace("chart-admission") as made:
        yield made


@pytest.mark.parametrize("group", SWITCHED_ON)
def test_objects_are_admitted(space: Namespace, group: str) -> None:
    if group not in run("kubectl", "api-versions").split():
        pytest.skip(f"this cluster does not serve {group}")
    told = space.helm("template", "credence", str(CHART), DEPLOYMENT, *SWITCHED_ON[group], "--validate")
    space.kubectl("apply", "--dry-run=server", "--validate=strict", "--filename=-", given=told)
