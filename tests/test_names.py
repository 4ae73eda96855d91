"""A class's name says what it is by itself, so no name stands for two classes."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_each_class_name_is_unique() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for package in ("training", "serving", "monitoring", "flows"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places[node.name].append(str(path.relative_to(ROOT)))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
