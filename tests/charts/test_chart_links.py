"""Links for people have the address that a browser opens; requests between pods keep the Service's."""

from __future__ import annotations

from typing import Any

import pytest

from flows.settings import PlatformSettings
from flows.settings import from_environment as flows_settings
from monitoring.settings import from_environment as monitor_settings
from tests.charts.chart import GATEWAY, pick, render

DEPLOYMENT = ("--set", "serving.mode=deployment")
EXTERNAL = [f"--set={name}.externalUrl=https://{name}.example.com:8443/" for name in ("mlflow", "prefect", "monitor")]
GIVEN = ("--set=gateway.enabled=true", "--set=gateway.parentRefs[0].name=public")


def _run(objects: list[dict[str, Any]]) -> PlatformSettings:
    """The settings that a run reads."""
    given = pick(objects, "ConfigMap", "credence-run-settings")["data"]
    return flows_settings(given | {"CREDENCE_SMOKE_TOKEN": "smoke"})


def _variables(objects: list[dict[str, Any]], component: str) -> dict[str, str]:
    """The environment of a component's container, without what is from a Secret."""
    (container,) = pick(objects, "Deployment", f"credence-{component}")["spec"]["template"]["spec"]["containers"]
    return {each["name"]: each["value"] for each in container["env"] if "value" in each}


def test_runs_link_to_external_addresses() -> None:
    run = _run(render(*DEPLOYMENT, *EXTERNAL))
    assert (run.registry_page, run.registry_url) == ("https://mlflow.example.com:8443", "http://credence-mlflow:5000")
    assert run.orchestrator_page == "https://prefect.example.com:8443"
    assert run.orchestrator_url == "http://credence-prefect:4200"
    assert (run.monitor_page, run.monitor_url) == ("https://monitor.example.com:8443", "http://credence-monitor:8090")


def test_runs_link_to_services_without_external_addresses() -> None:
    run = _run(render(*DEPLOYMENT))
    assert run.registry_page == run.registry_url == "http://credence-mlflow:5000"
    assert run.orchestrator_page == run.orchestrator_url == "http://credence-prefect:4200"
    assert run.monitor_page == run.monitor_url == "http://credence-monitor:8090"


def test_monitor_links_to_prefects_external_address() -> None:
    monitor = monitor_settings(_variables(render(*DEPLOYMENT, *EXTERNAL), "monitor"))
    assert monitor.prefect_external_url == "https://prefect.example.com:8443"
    assert monitor.prefect_url == "http://credence-prefect:4200"


@pytest.mark.parametrize(
    ("host", "external", "page"),
    [
        ("review.example.com", "", "https://review.example.com"),
        ("review.example.com", "https://other.example.com", "https://other.example.com"),
        ("*.example.com", "", "http://credence-monitor:8090"),
    ],
)
def test_review_pages_have_the_routes_address(host: str, external: str, page: str) -> None:
    options = (f"--set=gateway.hosts.review={host}", f"--set=monitor.externalUrl={external}")
    assert _run(render(*DEPLOYMENT, *GATEWAY, *GIVEN, *options)).monitor_page == page


def test_mlflow_answers_at_its_external_address() -> None:
    """It refuses a request with an unknown host, and a browser's write from an unknown origin."""
    without, given = (_variables(render(*DEPLOYMENT, *options), "mlflow") for options in ((), EXTERNAL))
    known, more = (each["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",") for each in (without, given))
    assert more == [*known, "mlflow.example.com:8443"]
    assert given["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"] == "https://mlflow.example.com:8443"
    assert "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS" not in without
