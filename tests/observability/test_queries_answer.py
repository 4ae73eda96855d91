from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from tests.observability.running import Platform
from tests.observability.shipped import queries, rules, selectors
from training.bundle import Bundle
from training.bundle.history import write_history

VARIABLES = {
    "$namespace": "credence",
    "$release": "credence",
    "$__rate_interval": "10s",
    "$__range": "60s",
}
EMPTY = {
    "platform: Time to explain A": "the explainer has an environment of its own, and is not started here",
    "platform: Time to explain B": "as above",
}
"""Queries of dashboards that have nothing to show here, and why."""


@pytest.fixture(scope="module")
def platform(toy_bundle: Path, tmp_path_factory: pytest.TempPathFactory, prometheus: str) -> Iterator[Platform]:
    """With windows, a cohort, verdicts, a retraining and a new version, all of them scraped."""
    folder = tmp_path_factory.mktemp("platform")
    models = folder / "models"
    shutil.copytree(toy_bundle, models / "1")
    names = Bundle.open(toy_bundle).manifest.history
    write_history(models, np.array([100_001]), np.ones((1, len(names)), np.float32), names, datetime.now(UTC).date())
    with Platform(models, folder, prometheus).run() as running:
        answered = running.ask(count=300, rows=4, change=-0.3)
        running.review()
        running.tell([key for key, accepted in answered if accepted])
        assert running.review() != "keep"
        running.retrain()
        yield running


def test_dashboards_show_data(platform):
    empty = {place for place, query in queries() if not platform.query_since(filled_in(query))}
    assert empty == EMPTY.keys()


def test_rules_read_series_that_exist(platform):
    series = set().union(*(selectors(rule["expr"]) for rule in rules()))
    assert {one for one in series if not platform.query_since(one)} == set()


def test_rules_record_series(platform):
    recorded = [rule["record"] for rule in rules() if "record" in rule]
    assert [name for name in recorded if not platform.query_since(name)] == []


def filled_in(query: str) -> str:
    for variable, value in VARIABLES.items():
        query = query.replace(variable, value)
    return query
