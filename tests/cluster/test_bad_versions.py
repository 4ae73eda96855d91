"""A version that cannot go live is told by a message that names the cause, and what was live goes on answering."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest

from flows.deploy.kube import Kube
from flows.deploy.lease import Lease
from flows.deploy.template import owner
from tests.charts.release import NEEDS_CLUSTER
from tests.cluster.platform import RELEASE, Platform
from tests.namespaces import CommandError

pytestmark = NEEDS_CLUSTER

CRASHES = [f"--set=serving.predictor.resources.{kind}.memory=48Mi" for kind in ("requests", "limits")]
"""A predictor needs more to begin with."""


def promote(bank: Platform, version: str, *options: str) -> tuple[str, Sequence[dict[str, Any]]]:
    """What is said of a version that must not go live, and what the audit trail has of it."""
    before = bank.status()
    with bank.asking() as answers, pytest.raises(CommandError) as said:
        bank.credence("promote", version, *options)
    after = bank.status()
    assert list(answers) == [before["live"]]
    assert (after["live"], after["aliases"], after["mismatches"]) == (before["live"], before["aliases"], [])
    assert "Traceback" not in str(said.value)
    added = len(after["changes"]) - len(before["changes"])
    assert after["changes"][added:] == before["changes"]
    return str(said.value), after["changes"][:added]


def test_unknown_version_is_named(bank: Platform) -> None:
    said, changes = promote(bank, "99")
    assert "Model Version (name=credit-default, version=99) not found" in said
    assert changes == []


def test_unknown_format_is_named(bank: Platform) -> None:
    said, changes = promote(bank, bank.register(format=99), "--approve", "a trial")
    assert "bundle.json has format 99, this Credence reads format 2: train the model again" in said
    assert changes == []


def test_second_promotion_is_told_of_the_first(bank: Platform) -> None:
    """The Lease is held from here, as a promotion holds it."""
    kube = Kube(bank.name)
    template = kube.read("v1", "ConfigMap", f"{RELEASE}-serving")
    assert template is not None
    with Lease(kube, f"{RELEASE}-promotion", owner(template)):
        said, changes = promote(bank, bank.register(), "--approve", "a trial")
    assert re.search("another promotion or rollback is at work: pod .* holds Lease credence-promotion since 20", said)
    assert changes == []


def test_predictor_that_crashes_is_undone(bank: Platform) -> None:
    version = bank.register()
    bank.upgrade(*CRASHES, "--no-hooks")  # a hook would try it on the version that is live
    try:
        said, (change,) = promote(bank, version, "--approve", "a trial")
    finally:
        bank.helm("rollback", RELEASE, "--no-hooks")
    assert f"version {version} is not live, {change['before']} is: undone." in said
    assert (change["state"], change["after"], change["approved"]) == ("undone", version, "a trial")
    assert re.search(
        r"Undone: container predictor of pod \S+ ends again and again \(OOMKilled, exit code", change["why"]
    )
