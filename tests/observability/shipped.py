"""What the chart ships for Prometheus and Grafana, read as they read it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "credence"
RULES = sorted((CHART / "rules").glob("*.yaml"))
DASHBOARDS = sorted((CHART / "dashboards").glob("*.json"))
_SELECTOR = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\{[^}]*\}")


def rules() -> list[dict[str, Any]]:
    """Alerts and recording rules of all files."""
    groups = (group for path in RULES for group in yaml.safe_load(path.read_text())["groups"])
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    """The alerts among them."""
    return [rule for rule in rules() if "alert" in rule]


def panels(path: Path) -> list[dict[str, Any]]:
    """Of a dashboard."""
    found: list[dict[str, Any]] = json.loads(path.read_text())["panels"]
    return found


def queries() -> Iterator[tuple[str, str]]:
    """Every query of every dashboard, annotations included, by where it is."""
    for path in DASHBOARDS:
        for panel in panels(path):
            for target in panel["targets"]:
                yield f"{path.stem}: {panel['title']} {target['refId']}", target["expr"]
        for annotation in json.loads(path.read_text())["annotations"]["list"]:
            yield f"{path.stem}: {annotation['name']}", annotation["expr"]


def selectors(expression: str) -> set[str]:
    """The series that an expression reads; each has its labels in braces."""
    return set(_SELECTOR.findall(expression))
