"""The README's tables say what values.yaml says."""

from __future__ import annotations

from tests.charts.chart import CHART, explained, values
from tests.charts.values_table import tables


def _leaves(value: object, path: str = "") -> set[str]:
    if not isinstance(value, dict) or not value or path.endswith(("resources", "labels", "nodeSelector")):
        return {path}
    return set().union(*(_leaves(each, f"{path}.{key}".strip(".")) for key, each in value.items()))


def test_readme_is_current() -> None:
    assert tables() in (CHART / "README.md").read_text()


def test_every_value_is_explained() -> None:
    assert {value.path for value in explained()} == _leaves(values())
