"""How predictor, explainer and monitor listen, as the chart sets them up and as they read it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monitoring.settings import from_environment
from serving.explainer.settings import read as read_explainer
from serving.predictor.settings import read as read_predictor
from tests.charts.chart import RenderError, pick, render, served
from tests.charts.test_chart_pods import MODES, Pod, _of_kserve, _of_templates

ORIGINS = ["https://desk.example.com", "http://localhost:5173", "http://[::1]:8080"]


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return request.param


def settings(mode: str, **values: Any) -> tuple[Any, Any, Any]:
    """The settings that predictor, explainer and monitor read in a release with these values of `servers`."""
    objects = render(*MODES[mode], *(f"--set-json=servers.{key}={json.dumps(value)}" for key, value in values.items()))
    pods = [*_of_templates([*objects, *served(objects)]), *(_of_kserve(objects) if mode == "kserve" else ())]
    return (
        read_predictor([], _variables(pods, "serving.predictor")),
        read_explainer([], _variables(pods, "serving.explainer")),
        from_environment(_variables(pods, "monitoring")),
    )


def _variables(pods: list[Pod], module: str) -> dict[str, str]:
    (container,) = [
        container
        for pod in pods
        for container in pod.containers
        if container.get("command") == ["python", "-m", module]
    ]
    return {each["name"]: each["value"] for each in container["env"] if "value" in each}


def test_origins_reach_every_server(mode: str) -> None:
    for each in settings(mode, allowedOrigins=ORIGINS):
        assert each.allowed_origins == ",".join(ORIGINS)
    for each in settings(mode):
        assert each.allowed_origins == ""


def test_idle_time_reaches_every_server(mode: str) -> None:
    assert [each.idle_seconds for each in settings(mode, idleSeconds=200)] == [200] * 3
    assert [each.idle_seconds for each in settings(mode)] == [75] * 3


def test_servers_listen_on_both_families(mode: str) -> None:
    predictor, explainer, monitor = settings(mode)
    assert (predictor.host, explainer.host, monitor.monitor_host) == ("::", "::", "::")


@pytest.mark.parametrize("name", ["mlflow", "prefect"])
def test_uvicorn_listens_on_both_families(name: str) -> None:
    """Uvicorn takes `::` for IPv6 alone, and an empty host for all addresses of both families."""
    (container,) = pick(render(*MODES["deployment"]), "Deployment", f"credence-{name}")["spec"]["template"]["spec"][
        "containers"
    ]
    words = [*container["command"], *container["args"]]
    assert words[words.index("--host") + 1] == ""


@pytest.mark.parametrize("origin", ["*", "null", "https://desk.example.com/", "https://desk.example.com:443", "desk"])
def test_origin_is_exact(origin: str) -> None:
    with pytest.raises(RenderError, match="allowedOrigins"):
        settings("deployment", allowedOrigins=[origin])
