from __future__ import annotations

import json
from itertools import combinations

import pytest

from tests.observability.shipped import DASHBOARDS, panels, queries

each_dashboard = pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
COLUMNS = 24


@each_dashboard
def test_panels_say_what_they_show(path):
    for panel in panels(path):
        assert panel["title"], panel["id"]
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]


@each_dashboard
def test_panels_do_not_overlap(path):
    assert len({panel["id"] for panel in panels(path)}) == len(panels(path))
    places = [panel["gridPos"] for panel in panels(path)]
    assert all(place["x"] + place["w"] <= COLUMNS for place in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above, (one, other)


@each_dashboard
def test_source_and_release_are_chosen(path):
    dashboard = json.loads(path.read_text())
    assert [one["name"] for one in dashboard["templating"]["list"]] == ["datasource", "namespace", "release"]
    parts = [*dashboard["panels"], *(target for panel in dashboard["panels"] for target in panel["targets"])]
    assert {part["datasource"]["uid"] for part in parts} == {"${datasource}"}


@pytest.mark.parametrize(("place", "query"), list(queries()))
def test_query_is_of_the_release(place, query):
    scoped = query.count('{namespace="$namespace", release="$release"')
    assert scoped == query.count("{"), place


def test_dashboards_are_told_apart():
    found = [json.loads(path.read_text()) for path in DASHBOARDS]
    assert len({one["uid"] for one in found}) == len({one["title"] for one in found}) == len(DASHBOARDS)
