"""Each component runs with the packages of its own extra and no others."""

import subprocess
import sys
from importlib import metadata

import pytest
from packaging.requirements import Requirement

BLOCKED = """
import importlib, sys
from importlib.abc import MetaPathFinder

class Absent(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"{{name}} is not among the packages of this extra", name=name)

sys.meta_path.insert(0, Absent())
for module in {modules!r}:
    importlib.import_module(module)
"""


def closure(extra: str) -> set[str]:
    """The distributions that `credence[extra]` installs, by normalised name."""
    found, todo = set(), [("credence", frozenset({extra}))]
    while todo:
        name, extras = todo.pop()
        for text in metadata.requires(name) or ():
            wanted = Requirement(text)
            applies = wanted.marker is None or any(wanted.marker.evaluate({"extra": one}) for one in extras or {""})
            key = wanted.name.lower().replace("_", "-").replace(".", "-")
            if applies and key not in found:
                found.add(key)
                todo.append((wanted.name, frozenset(wanted.extras)))
    return found


@pytest.mark.parametrize(
    ("extra", "modules"),
    [
        ("serving", ["training.bundle", "serving.records", "serving.predictor.__main__"]),
        ("monitoring", ["serving.records", "monitoring.__main__"]),
        ("training", ["training.runs.train", "training.registry", "training.synthetic"]),
    ],
)
def test_a_component_needs_only_its_extra(extra: str, modules: list[str]) -> None:
    present = closure(extra)
    absent = {
        top
        for top, owners in metadata.packages_distributions().items()
        if not any(owner.lower().replace("_", "-").replace(".", "-") in present for owner in owners)
    } - {"training", "serving", "monitoring", "flows", "_virtualenv", "__editable___credence_0_1_0_finder"}
    program = BLOCKED.format(absent=absent, modules=modules)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
