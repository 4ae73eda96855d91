from __future__ import annotations

import json

import pytest

from tests.charts.chart import KSERVE, pick, render, served
from tests.observability.shipped import DASHBOARDS, RULES

ALL = [
    f"--set=metrics.{name}.enabled=true,metrics.{name}.labels.team=risk"
    for name in ("serviceMonitor", "prometheusRule", "dashboards")
]
DEPLOYMENT = "--set=serving.mode=deployment"
OPERATORS = {"PodMonitor", "ServiceMonitor", "PrometheusRule"}


def pods(mode):
    """Labels and ports of the pods that serve version 3 and of the monitor's, by component."""
    objects = render(*KSERVE, f"--set=serving.mode={mode}")
    template = pick(objects, "Deployment", "credence-monitor")["spec"]["template"]
    found = {"monitor": (template["metadata"]["labels"], template["spec"]["containers"][0]["ports"])}
    for one in served(objects):
        if one["kind"] == "Deployment":
            template = one["spec"]["template"]
            labels = template["metadata"]["labels"]
            found[labels["app.kubernetes.io/component"]] = (labels, template["spec"]["containers"][0]["ports"])
        if one["kind"] == "InferenceService":
            runtime = pick(objects, "ServingRuntime", "credence")["spec"]
            # KServe gives a pod the labels of the InferenceService and those of its component
            for name, spec in (("predictor", runtime), ("explainer", one["spec"]["explainer"])):
                labels = one["metadata"]["labels"] | one["spec"][name]["labels"]
                found[name] = (labels, spec["containers"][0]["ports"])
    return found


@pytest.mark.parametrize("mode", ["kserve", "deployment"])
@pytest.mark.parametrize("component", ["predictor", "explainer", "monitor"])
def test_pods_are_scraped(mode, component):
    kind = "ServiceMonitor" if component == "monitor" else "PodMonitor"
    spec = pick(render(*KSERVE, *ALL), kind, f"credence-{component}")["spec"]
    labels, ports = pods(mode)[component]
    assert spec["selector"]["matchLabels"].items() <= labels.items()
    (endpoint,) = spec["endpoints" if kind == "ServiceMonitor" else "podMetricsEndpoints"]
    assert endpoint["port"] in {port["name"] for port in ports}
    given = {one["targetLabel"]: one["replacement"] for one in endpoint["relabelings"]}
    assert given == {"release": "credence", "component": component}


def test_rules_are_of_the_release():
    base = "https://wiki.example.com/alerts"
    objects = render(DEPLOYMENT, *ALL, f"--set=metrics.runbookBase={base}")
    groups = [group for one in objects if one["kind"] == "PrometheusRule" for group in one["spec"]["groups"]]
    found = [rule for group in groups for rule in group["rules"]]
    assert all('namespace="bank", release="credence"' in rule["expr"] for rule in found)
    assert not any('namespace="credence"' in rule["expr"] for rule in found)
    pages = [rule["annotations"]["runbook_url"] for rule in found if "alert" in rule]
    assert all(page.startswith(f"{base}#credence") for page in pages)
    assert len(groups) == len(RULES)


def test_without_a_monitor_nothing_asks_for_it():
    objects = render(DEPLOYMENT, *ALL, "--set=monitor.enabled=false")
    names = {(one["kind"], one["metadata"]["name"]) for one in objects if one["kind"] in OPERATORS}
    assert names == {
        ("PodMonitor", "credence-predictor"),
        ("PodMonitor", "credence-explainer"),
        ("PrometheusRule", "credence-objectives"),
        ("PrometheusRule", "credence-serving"),
    }


def test_dashboards_are_shipped_whole():
    found = {}
    for one in render(DEPLOYMENT, *ALL):
        if "grafana_dashboard" in one["metadata"].get("labels", {}):
            found |= {name: json.loads(text) for name, text in one["data"].items()}
    assert found == {path.name: json.loads(path.read_text()) for path in DASHBOARDS}


def test_labels_are_those_that_were_asked_for():
    objects = render(DEPLOYMENT, *ALL)
    assert all(one["metadata"]["labels"]["team"] == "risk" for one in objects if one["kind"] in OPERATORS)


def test_nothing_of_it_by_default():
    objects = render(DEPLOYMENT)
    assert not OPERATORS & {one["kind"] for one in objects}
    assert not [one for one in objects if "grafana_dashboard" in one["metadata"].get("labels", {})]
