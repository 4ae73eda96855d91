"""The limits that people see are those of the rule."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from monitoring.judging.rule import Limits
from monitoring.pages.source import Facts

DASHBOARD = Path(__file__).parents[3] / "charts/credence/dashboards/drift.json"
OTHER = Limits(watch_psi=0.16, retrain_psi=0.27, watch_weight=0.12, retrain_weight=0.34, closed=0.91)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/review", "watch at 0.16, retrain at 0.27"),
        ("/review", "watch at 12%"),
        ("/review", "0.16, watch"),
        ("/review", "34%, retrain"),
        ("/review", "of which the outcomes of 91% of the accepted are known"),
        ("/review", "PSI below 0.08"),
        ("/review/windows/3-4", "0.16 to 0.27"),
        ("/review/windows/3-4/probability", ">0.27<"),
    ],
)
def test_pages_show_the_limits(
    make_facts: Callable[..., Facts], visit: Callable[..., Any], path: str, shown: str
) -> None:
    facts = msgspec.structs.replace(make_facts(6), limits=OTHER)
    assert shown in visit(facts).get(path).text


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Drift of the score", (Limits().watch_psi, Limits().retrain_psi)),
        ("What the drift matters (S)", (Limits().watch_weight, Limits().retrain_weight)),
        ("Drift by field", (Limits().watch_psi, Limits().retrain_psi)),
    ],
)
def test_the_dashboard_draws_the_limits(title: str, expected: tuple[float, float]) -> None:
    (panel,) = (panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["title"] == title)
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert tuple(step["value"] for step in steps) == (None, *expected)
