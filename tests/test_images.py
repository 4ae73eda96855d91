"""What goes into each image: its component's packages at the versions of development, and the source it imports."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = {
    "predictor": {"serving"},
    "explainer": {"explainer"},
    "platform": {"training", "monitoring", "flows"},
}


def locked(image: str) -> dict[str, Version]:
    """The packages of a lock that are installed here, whose markers hold, with their versions."""
    path = ROOT / (f"requirements-{image}.lock" if image else "requirements.lock")
    lines = re.findall(r"^([\w.-]+==[^\\\n]+)", path.read_text(), re.MULTILINE)
    found = [Requirement(line) for line in lines]
    return {
        canonicalize_name(one.name): Version(next(iter(one.specifier)).version)
        for one in found
        if one.marker is None or one.marker.evaluate()
    }


def asked(image: str) -> list[Requirement]:
    """What an image's extras ask for."""
    extras = PROJECT["project"]["optional-dependencies"]
    texts = [*PROJECT["project"]["dependencies"], *(text for extra in EXTRAS[image] for text in extras[extra])]
    return [Requirement(text) for text in texts]


def copied(stage: str) -> list[str]:
    """The paths of the project that a stage of the Dockerfile copies."""
    text = (ROOT / "Dockerfile").read_text()
    body = re.split(r"^FROM .* AS (\S+)$", text, flags=re.MULTILINE)
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", body[body.index(stage) + 1], re.MULTILINE)
    return [path for line in lines for path in line.split()]


@pytest.mark.parametrize("image", EXTRAS)
def test_a_lock_holds_what_its_extras_ask_for(image: str) -> None:
    versions = locked(image)
    for requirement in asked(image):
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement} is not in requirements-{image}.lock: make lock"
        assert version in requirement.specifier, f"{requirement}, but {version} in requirements-{image}.lock: make lock"


@pytest.mark.parametrize("image", ["predictor", "platform", "build"])
def test_images_run_the_tested_versions(image: str) -> None:
    tested = locked("")
    assert {name: version for name, version in locked(image).items() if tested.get(name) != version} == {}


def test_the_build_lock_holds_the_build_system() -> None:
    versions = locked("build")
    for requirement in map(Requirement, PROJECT["build-system"]["requires"]):
        assert versions[canonicalize_name(requirement.name)] in requirement.specifier


def test_the_predictor_carries_nothing_of_training() -> None:
    heavy = {"mlflow", "mlflow-skinny", "pandas", "polars", "prefect", "scikit-learn", "onnx", "kserve", "matplotlib"}
    assert heavy.isdisjoint(locked("predictor"))


@pytest.mark.parametrize("path", sorted(ROOT.glob("requirements*.lock")), ids=lambda path: path.name)
def test_a_lock_names_no_registry(path: Path) -> None:
    assert re.search(r"https?://|--(extra-)?index-url|--find-links", path.read_text()) is None


@pytest.mark.parametrize("stage", ["serving-source", "platform-source"])
def test_what_is_copied_reaches_the_build(stage: str) -> None:
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for path in copied(stage):
        assert (ROOT / path).exists()
        assert any(Path(path).is_relative_to(one) or Path(path).match(one) for one in sent), f"{path} is ignored"


@pytest.mark.parametrize("module", ["serving.predictor.__main__", "serving.initializer.__main__"])
def test_serving_runs_on_what_its_images_copy(module: str, tmp_path: Path) -> None:
    for path in copied("serving-source"):
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / path).is_dir() else shutil.copy)(ROOT / path, target)
    # the environment's own link to the project would find what is not copied
    alone = "import sys; sys.meta_path[:] = [one for one in sys.meta_path if '__editable__' not in one.__module__]"
    program = f"{alone}; import {module}"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("target", EXTRAS)
def test_a_target_comes_from_the_image_without_rights(target: str) -> None:
    text = (ROOT / "Dockerfile").read_text()
    stage = text.partition(f"FROM image AS {target}\n")[2].partition("\nFROM ")[0]
    assert stage, f"no stage {target} that starts from image"
    assert "USER" not in stage
    assert "USER 10001:10001" in text.partition(" AS image\n")[2].partition("\nFROM ")[0]
