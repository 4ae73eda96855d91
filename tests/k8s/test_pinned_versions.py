"""Everything that is installed has a version, and a version is said in one way everywhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.k8s.manifests import EXAMPLES, FOLDER, MANIFESTS, RESTORE, containers, objects

ROOT = FOLDER.parent
SCRIPT = (FOLDER / "prerequisites.sh").read_text()
VERSIONS = dict(re.findall(r"^(\w+)_VERSION=(\S+)$", SCRIPT, re.MULTILINE))


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.removeprefix("v").split("."))


@pytest.mark.parametrize(
    ("name", "oldest"), [("CERT_MANAGER", "v1.17.0"), ("KSERVE", "v0.20.0"), ("GATEWAY_API", "v1.5.1")]
)
def test_prerequisites_are_new_enough(name: str, oldest: str) -> None:
    assert number(VERSIONS[name]) >= number(oldest)


def test_every_chart_of_the_script_has_a_version() -> None:
    calls = re.findall(r"^\s*(?:release \S+ \S+|helm template \S+) (\S+)((?:.*\\\n)*.*)$", SCRIPT, re.MULTILINE)
    assert len(calls) == 5
    assert [chart for chart, rest in calls if not re.search(r'--version "\$\w+_VERSION"', rest)] == []


def test_readme_says_the_versions_of_the_script() -> None:
    said = set(re.findall(r"\| (v[\d.]+) \|", (FOLDER / "README.md").read_text()))
    assert said == set(VERSIONS.values())


def test_workflow_and_pages_use_the_kind_of_the_configuration() -> None:
    kind = re.search(r"kind (v[\d.]+)\)", (FOLDER / "kind.yaml").read_text())
    assert kind is not None
    workflow = (ROOT / ".github" / "workflows" / "cluster.yaml").read_text()
    assert f"version: {kind[1]}\n" in workflow
    assert f"{kind[1]}, Docker" in (FOLDER / "README.md").read_text()


def test_kind_nodes_are_pinned_by_digest() -> None:
    nodes = yaml.safe_load((FOLDER / "kind.yaml").read_text())["nodes"]
    assert [node["role"] for node in nodes] == ["control-plane", "worker", "worker"]
    assert len({node["image"] for node in nodes}) == 1
    assert re.fullmatch(r"docker\.io/kindest/node:v[\d.]+@sha256:[0-9a-f]{64}", nodes[0]["image"])


@pytest.mark.parametrize("path", [*EXAMPLES, RESTORE], ids=lambda path: path.stem)
def test_examples_use_the_images_of_this_version(path: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    used = [container["image"] for item in objects(path) for container in containers(item)]
    assert [image for image in used if not re.fullmatch(rf"[\w./-]+/(predictor|platform):{version}", image)] == []


@pytest.mark.parametrize("path", [*MANIFESTS, FOLDER / "prerequisites.sh"], ids=lambda path: path.name)
def test_nothing_is_taken_as_the_latest(path: Path) -> None:
    assert not re.search(r":latest\b|/latest/", path.read_text())
