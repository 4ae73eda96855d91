"""The workflows hold the rules that no reader sees at a glance: pins, permissions, time limits, no foreign text."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.programs import program

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
EACH = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)

PINNED = re.compile(r"[\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
FOREIGN = re.compile(r"\$\{\{[^}]*\}\}")
"""Any expression in a script is text that someone else may have written; a script gets it by its environment."""


def read(path: Path) -> dict[str, Any]:
    # YAML 1.1 reads the key `on` as true; GitHub does not, so every scalar is read as the text it is.
    document: dict[str, Any] = yaml.load(path.read_text(), Loader=yaml.BaseLoader)
    return document


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = read(path)["jobs"]
    return found


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(path).values():
        yield from job.get("steps", [])


def uses(text: str) -> list[str]:
    """The actions that a workflow uses, as written, with the comment behind them; local ones left out."""
    found = re.findall(r"^\s*(?:- )?uses: (.+)$", text, re.MULTILINE)
    return [action for action in found if not action.startswith("./")]


def test_there_are_workflows() -> None:
    assert {path.stem for path in WORKFLOWS} >= {"test", "cluster", "release"}


@EACH
def test_actions_are_pinned_by_commit(path: Path) -> None:
    assert [action for action in uses(path.read_text()) if not PINNED.fullmatch(action)] == []


def test_an_action_has_one_pin() -> None:
    pins = {action for path in WORKFLOWS for action in uses(path.read_text())}
    names = [action.partition("@")[0] for action in pins]
    assert sorted(names) == sorted(set(names))


@EACH
def test_nothing_is_permitted_unless_a_job_asks(path: Path) -> None:
    assert read(path)["permissions"] == {}
    assert [name for name, job in jobs(path).items() if not job.get("permissions")] == []


@EACH
def test_only_releases_and_proposals_write(path: Path) -> None:
    writes = {right for job in jobs(path).values() for right, how in job["permissions"].items() if how == "write"}
    allowed = {
        "release": {"packages", "id-token", "attestations"},
        "locks": {"contents", "pull-requests"},
    }
    assert writes == allowed.get(path.stem, set())


@EACH
def test_every_job_has_a_time_limit(path: Path) -> None:
    own = {name: job for name, job in jobs(path).items() if "uses" not in job}  # a called workflow has its own
    assert [name for name, job in own.items() if not 0 < int(job.get("timeout-minutes", "0")) <= 90] == []


@EACH
def test_runs_of_a_branch_do_not_pile_up(path: Path) -> None:
    assert read(path)["concurrency"]["group"].startswith(path.stem)


@EACH
def test_scripts_hold_no_expression(path: Path) -> None:
    assert [step["run"] for step in steps(path) if FOREIGN.search(step.get("run", ""))] == []


@EACH
def test_no_run_trusts_a_proposal(path: Path) -> None:
    assert "pull_request_target" not in read(path)["on"]


def test_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z0-9]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    calls = [
        call for path in WORKFLOWS for call in re.findall(r"^ *(?:run: )?make ([a-z0-9 ]+)$", path.read_text(), re.M)
    ]
    called = {target for call in calls for target in call.split()}
    matrix = jobs(ROOT / ".github" / "workflows" / "test.yaml")["make"]["strategy"]["matrix"]["target"]
    assert {"e2e", "setup"} <= called
    assert called | set(matrix) <= targets


@EACH
def test_checkout_leaves_no_credentials(path: Path) -> None:
    pushing = path.stem == "locks"  # its last job pushes the branch that it proposes
    kept = [
        step
        for step in steps(path)
        if step.get("uses", "").startswith("actions/checkout")
        and step.get("with", {}).get("persist-credentials") != "false"
    ]
    assert len(kept) == (1 if pushing else 0)


def test_release_waits_for_tests_and_cluster() -> None:
    release = jobs(ROOT / ".github" / "workflows" / "release.yaml")
    called = {name for name, job in release.items() if "uses" in job}
    assert {release[name]["uses"] for name in called} == {
        "./.github/workflows/test.yaml",
        "./.github/workflows/cluster.yaml",
    }
    assert called <= set(release["images"]["needs"])
    assert release["chart"]["needs"] == "images"


@EACH
def test_actionlint_finds_nothing(path: Path) -> None:
    actionlint = program("actionlint")
    done = subprocess.run([actionlint, "-no-color", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
