"""The rendered NetworkPolicies open what the table says, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.charts.chart import CHART, render
from tests.charts.reach import FLOWS, MAY, PORTS, SERVE

PODS = [*PORTS, *sorted(FLOWS)]
STRANGER = {"app": "a-clerks-desk"}


def _labels(component: str) -> dict[str, str]:
    return {"app.kubernetes.io/instance": "credence", "app.kubernetes.io/component": component}


def _matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    same = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    return same and all(
        each["operator"] == "In" and labels.get(each["key"]) in each["values"]
        for each in selector.get("matchExpressions", [])
    )


def _allows(rules: list[dict[str, Any]], side: str, labels: dict[str, str], port: int) -> bool:
    def open_to(rule: dict[str, Any]) -> bool:
        peers = rule.get(side, [{"podSelector": {}}])
        return any(set(peer) == {"podSelector"} and _matches(peer["podSelector"], labels) for peer in peers)

    return any(port in [each["port"] for each in rule["ports"]] and open_to(rule) for rule in rules)


def _reaches(policies: list[dict[str, Any]], source: dict[str, str], target: dict[str, str], port: int) -> bool:
    leaving = [each["spec"] for each in policies if _matches(each["spec"]["podSelector"], source)]
    arriving = [each["spec"] for each in policies if _matches(each["spec"]["podSelector"], target)]
    out = not leaving or any(_allows(each["egress"], "to", target, port) for each in leaving)
    return out and (not arriving or any(_allows(each["ingress"], "from", source, port) for each in arriving))


@pytest.fixture(scope="module")
def policies() -> list[dict[str, Any]]:
    objects = render("--set", "serving.mode=deployment")
    return [each for each in objects if each["kind"] == "NetworkPolicy"]


@pytest.mark.parametrize("source", PODS)
@pytest.mark.parametrize("target", PORTS)
def test_only_the_arrows_are_open(policies: list[dict[str, Any]], source: str, target: str) -> None:
    if source != target:
        assert _reaches(policies, _labels(source), _labels(target), PORTS[target]) == (source in MAY[target])


@pytest.mark.parametrize("target", PORTS)
def test_a_stranger_reaches_what_serves(policies: list[dict[str, Any]], target: str) -> None:
    assert _reaches(policies, STRANGER, _labels(target), PORTS[target]) == (target in SERVE)


@pytest.mark.parametrize("target", sorted(FLOWS))
def test_nobody_asks_a_run(policies: list[dict[str, Any]], target: str) -> None:
    assert not _reaches(policies, STRANGER, _labels(target), 8080)


@pytest.mark.parametrize("source", PODS)
def test_the_api_is_asked_by_the_flows(policies: list[dict[str, Any]], source: str) -> None:
    leaving = [each["spec"]["egress"] for each in policies if _matches(each["spec"]["podSelector"], _labels(source))]
    ports = {port["port"] for rules in leaving for rule in rules if "to" not in rule for port in rule["ports"]}
    assert ports == ({53, 443, 6443} if source in FLOWS else {53})


def test_readme_has_the_table() -> None:
    text = (CHART / "README.md").read_text()
    for target, sources in MAY.items():
        *_, row = (line for line in text.splitlines() if line.startswith(f"| {target} "))  # memory is told before
        assert sources - FLOWS <= set(row.replace(",", " ").split())
