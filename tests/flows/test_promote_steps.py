from __future__ import annotations

import shutil
from multiprocessing import get_context
from pathlib import Path

import msgspec
import pytest

from flows.errors import FlowError, NotDeployed, Unconfirmed, Unfinished
from flows.runs.decision import HumanDecision, approval
from flows.runs.promote import (
    Considered,
    carry_out,
    consider_version,
    promote_version,
    return_to_previous,
    settle,
)
from flows.runs.trail import mismatches
from flows.settings import PlatformSettings
from tests.flows.homes import PASSED, Folder, Ticking, promote_and_die, refusing
from training.registry import Registry, RegistryError
from training.registry.trail import Change, Criterion

TICKS = 14
"""Before and after begin, deploy, establish, two aliases and finish; before prove and watch."""
CONSIDERED = Considered("2", "1", PASSED)


def registered(mlflow_url: str, model: str) -> Ticking:
    """A registry with versions 1 and 2, the first of them champion."""
    registry = Ticking(mlflow_url, model)
    registry._client.create_registered_model(model)
    for _ in ("1", "2"):
        registry._client.create_model_version(model, "nowhere")
    registry._client.set_registered_model_alias(model, "champion", "1")
    return registry


@pytest.fixture
def registry(mlflow_url: str, request: pytest.FixtureRequest) -> Ticking:
    return registered(mlflow_url, request.node.name)


@pytest.fixture
def home(tmp_path: Path) -> Folder:
    """Version 1 is live."""
    home = Folder(tmp_path / "home")
    home.deploy("1")
    home.establish("1")
    return home


def promote(
    home: Folder, registry: Registry, considered: Considered = CONSIDERED, approve: str | None = None
) -> Change:
    return carry_out(considered, home, registry, by="a test", say=print, decision=approval(approve))


def state(home: Folder, registry: Registry) -> tuple[str | None, str | None, list[str]]:
    return home.live(), registry.aliases().get("champion"), [change.state for change in registry.changes()]


def test_version_takes_the_place(home: Folder, registry: Ticking) -> None:
    change = promote(home, registry)
    assert (change.state, change.before, change.after, change.by) == ("done", "1", "2", "a test")
    assert state(home, registry) == ("2", "2", ["done"])
    assert registry.aliases()["previous_champion"] == "1"
    assert registry.changes() == [change]


def test_rollback_goes_and_returns(home: Folder, registry: Ticking) -> None:
    promote(home, registry)
    for expected in ("1", "2"):
        change = return_to_previous(home, registry, by="a test", why="complaints", say=print)
        assert (change.kind, change.after, change.gate, change.why) == ("rollback", expected, None, "complaints")
        assert (home.live(), registry.aliases()["champion"]) == (expected, expected)
    assert registry.aliases()["previous_champion"] == "1"


def test_rollback_needs_a_previous_one(home: Folder, registry: Ticking) -> None:
    with pytest.raises(FlowError, match="no previous champion to go back to"):
        return_to_previous(home, registry, by="a test", why="", say=print)
    assert registry.changes() == []


@pytest.mark.parametrize("step", ["deploy 2", "deploy 2 done", "prove 2", "watch 2", "establish 2"])
def test_failed_step_is_undone(tmp_path: Path, home: Folder, registry: Ticking, step: str) -> None:
    failing = Folder(tmp_path / "home", refusing(NotDeployed("it does not answer"), step))
    change = promote(failing, registry)
    assert (change.state, change.why) == ("undone", "all criteria hold. Undone: it does not answer")
    assert state(home, registry) == ("1", "1", ["undone"])


def test_interrupted_change_is_undone(tmp_path: Path, home: Folder, registry: Ticking) -> None:
    with pytest.raises(KeyboardInterrupt):
        promote(Folder(tmp_path / "home", refusing(KeyboardInterrupt(), "watch 2")), registry)
    assert state(home, registry) == ("1", "1", ["undone"])
    assert registry.changes()[0].why.endswith("Undone: KeyboardInterrupt")


def test_failed_first_version_leaves_nothing(tmp_path: Path, registry: Ticking) -> None:
    home = Folder(tmp_path / "home", refusing(NotDeployed("it answers otherwise"), "prove 1"))
    change = promote(home, registry, Considered("1", "1", PASSED))
    assert (change.state, change.before, home.live()) == ("undone", None, None)


def test_registry_lost_at_the_end(home: Folder, registry: Ticking) -> None:
    """The old version is back although that cannot be recorded; whatever comes next records it."""
    registry.tick = refusing(RegistryError("MLflow does not answer"), "alias champion", "finish")
    with pytest.raises(Unfinished, match="Version 1 is live again, which could not be recorded"):
        promote(home, registry)
    assert state(home, registry) == ("1", "1", ["begun"])
    registry.tick = lambda _: None
    settle(home, registry, print)
    assert state(home, registry) == ("1", "1", ["undone"])


def test_old_version_does_not_come_back(tmp_path: Path, home: Folder, registry: Ticking) -> None:
    lost = Folder(tmp_path / "home", refusing(NotDeployed("the port is taken"), "watch 2", "deploy 1"))
    with pytest.raises(Unfinished, match="Version 1 could not be put back: the port is taken"):
        promote(lost, registry)
    assert state(home, registry) == ("2", "1", ["begun"])
    assert registry.changes()[0].why == (
        "all criteria hold. Unfinished: the port is taken. Version 1 could not be put back: the port is taken"
    )
    assert "credence promote" in mismatches(registry.changes(), registry.aliases(), home.live())[0]
    settle(home, registry, print)
    assert state(home, registry) == ("2", "2", ["done"])


UNCONFIRMED = Unconfirmed("after 600 s it waits for the version alone to answer")


def test_unconfirmed_version_is_not_undone(tmp_path: Path, home: Folder, registry: Ticking) -> None:
    """It answers as it should; whoever promotes or rolls back next confirms it."""
    with pytest.raises(Unfinished, match=r"waits for the version alone to answer\. Version 2 stays applied"):
        promote(Folder(tmp_path / "home", refusing(UNCONFIRMED, "prove 2")), registry)
    assert state(home, registry) == ("2", "1", ["begun"])
    assert promote_version(registry, PlatformSettings(), home, None, by="a test", say=print).state == "done"
    assert state(home, registry) == ("2", "2", ["done"])


@pytest.mark.parametrize("again", ["promote", "rollback"])
def test_unconfirmed_rollback_is_resumed(tmp_path: Path, home: Folder, registry: Ticking, again: str) -> None:
    """It is not taken for one that has been done, which a second rollback would return from."""
    promote(home, registry)
    stuck = Folder(tmp_path / "home", refusing(UNCONFIRMED, "prove 1"))
    with pytest.raises(Unfinished):
        return_to_previous(stuck, registry, by="a test", why="complaints", say=print)
    assert registry.changes()[0].state == "begun"
    if again == "rollback":
        change = return_to_previous(home, registry, by="a test", why="complaints", say=print)
    else:
        change = promote_version(registry, PlatformSettings(), home, None, by="a test", say=print)
    assert (change.kind, change.state) == ("rollback", "done")
    assert state(home, registry) == ("1", "1", ["done", "done"])


def test_change_has_the_id_of_the_run_that_ended_it(tmp_path: Path, home: Folder, registry: Ticking) -> None:
    """So that a command which followed that run finds it, also a change that another run began."""
    registry.flow_run = "first"
    with pytest.raises(Unfinished):
        promote(Folder(tmp_path / "home", refusing(UNCONFIRMED, "prove 2")), registry)
    assert registry.changes()[0].flow_run == "first"
    registry.flow_run = "second"
    settle(home, registry, print)
    assert [(change.state, change.flow_run) for change in registry.changes()] == [("done", "second")]


def test_rollback_of_a_stuck_promotion_goes_no_further(tmp_path: Path, home: Folder, registry: Ticking) -> None:
    """Version 3 fails and 2 cannot be put back at first: a rollback puts 2 back, and does not go on to 1."""
    registry._client.create_model_version(registry.model, "nowhere")
    promote(home, registry)

    def tick(step: str) -> None:
        if step == "watch 3":
            raise NotDeployed("it answers otherwise")
        if step == "prove 2":
            raise UNCONFIRMED

    with pytest.raises(Unfinished, match=r"it answers otherwise\. Version 2 could not be put back: after 600 s"):
        promote(Folder(tmp_path / "home", tick), registry, Considered("3", "2", PASSED))
    change = return_to_previous(home, registry, by="a test", why="complaints", say=print)
    assert (change.after, change.state) == ("3", "undone")
    assert state(home, registry) == ("2", "2", ["undone", "done"])


def test_pod_of_another_version_is_a_mismatch(home: Folder, registry: Ticking) -> None:
    promote(home, registry)
    pods = {"predictor-1": "1", "predictor-2": "2"}
    (sentence,) = mismatches(registry.changes(), registry.aliases(), home.live(), pods)
    assert sentence == "pod predictor-1 answers with version 1, but 2 is live: `credence promote 2` sets it right"


@pytest.mark.parametrize(
    ("failed", "approve", "expected"),
    [
        ("log loss", None, "refused"),
        ("log loss", "I know better", "refused"),
        ("alarms", None, "refused"),
        ("alarms", "looked at the data", "done"),
    ],
)
def test_refusal_changes_nothing(
    home: Folder, registry: Ticking, failed: str, approve: str | None, expected: str
) -> None:
    criteria = (Criterion(name=failed, passed=False, figure=0.01, low=0.0, high=0.02, limit=0.0, sentence="worse"),)
    gate = msgspec.structs.replace(PASSED, answer="refuse", why=f"{failed}: worse", criteria=criteria)
    change = promote(home, registry, Considered("2", "1", gate), approve)
    assert (change.state, home.live()) == (expected, "2" if expected == "done" else "1")
    assert registry.changes() == [change]
    assert change.approved == approve
    run = registry._client.get_run(change.id)
    assert (run.info.status, run.data.metrics[f"{failed.replace(' ', '_')}_high"]) == ("FINISHED", 0.02)
    assert f"| {failed} | fails | worse |" in run.data.tags["mlflow.note.content"]


def test_two_lives_are_told(home: Folder, registry: Ticking) -> None:
    registry.alias("champion", "2")
    promote(home, registry, Considered("2", "2", PASSED))
    registry.alias("champion", "1")
    (sentence,) = mismatches(registry.changes(), registry.aliases(), home.live())
    assert sentence == "the alias champion names version 1, but it is 2: `credence promote 2`"
    promote(home, registry, Considered("2", "2", PASSED))
    assert mismatches(registry.changes(), registry.aliases(), home.live()) == []
    with pytest.raises(FlowError, match="version 2 is live and champion already"):
        promote(home, registry, Considered("2", "2", PASSED))


def test_outdated_comparison_is_not_used(home: Folder, registry: Ticking) -> None:
    promote(home, registry)
    with pytest.raises(FlowError, match="was compared with version 1, but the champion is version 2 by now"):
        promote(home, registry, Considered("1", "1", PASSED))


def test_killed_anywhere_something_serves(mlflow_url: str, tmp_path: Path) -> None:
    """A process that is killed at any point leaves a champion serving; what comes next resumes or undoes."""
    processes = get_context("forkserver")
    processes.set_forkserver_preload(["mlflow.store.tracking.sqlalchemy_store", "tests.flows.homes"])
    seen = []
    for last in range(1, TICKS + 2):
        home, registry = Folder(tmp_path / str(last)), registered(mlflow_url, f"killed {last}")
        home.deploy("1")
        home.establish("1")
        told = (mlflow_url, registry.model, tmp_path / str(last), last)
        process = processes.Process(target=promote_and_die, args=told)
        process.start()
        process.join()
        assert process.exitcode == (-9 if last <= TICKS else 0)
        answering = home.live()
        settle(home, registry, print)
        seen.append((answering, *state(home, registry)))
    assert seen == [
        ("1", "1", "1", []),
        *[("1", "1", "1", ["undone"])] * 2,
        *[("2", "2", "2", ["done"])] * (TICKS - 2),
    ]


def test_failed_renaming_forgets_nobody(home: Folder, registry: Ticking) -> None:
    """What fails between the two aliases leaves the champion before this one to go back to."""
    registry._client.create_model_version(registry.model, "nowhere")
    promote(home, registry)
    registry.tick = refusing(RegistryError("MLflow refused"), "alias champion")
    change = promote(home, registry, Considered("3", "2", PASSED))
    assert (change.state, *registry.aliases().values()) == ("undone", "2", "1")
    registry.tick = lambda _: None
    assert return_to_previous(home, registry, by="a test", why="", say=print).after == "1"


def test_agreement_is_recorded_and_overrides_nothing(home: Folder, registry: Ticking) -> None:
    undecided = Considered("2", "1", msgspec.structs.replace(PASSED, answer="undecided"))
    for considered, state in ((undecided, "undecided"), (CONSIDERED, "done")):
        agreed = HumanDecision("agree", "the figures are good")
        change = carry_out(considered, home, registry, by="a test", say=print, decision=agreed)
        assert (change.state, change.approved) == (state, "the figures are good")


def test_refusal_touches_nothing_and_is_recorded(home: Folder, registry: Ticking) -> None:
    refused = HumanDecision("refuse", "fraud is looked into")
    change = carry_out(CONSIDERED, home, registry, by="A. Lender", say=print, decision=refused)
    assert change.why == "refused by A. Lender: fraud is looked into. The gate: all criteria hold"
    assert change.approved is None
    assert state(home, registry) == ("1", "1", ["refused"])


def test_moved_alias_is_not_gone_back_to(home: Folder, registry: Ticking) -> None:
    """A version that passed no gate does not live because somebody called it the previous champion."""
    registry._client.create_model_version(registry.model, "nowhere")
    promote(home, registry)
    registry.alias("previous_champion", "3")
    assert return_to_previous(home, registry, by="a test", why="", say=print).after == "1"


def test_answering_challenger_is_not_put_back(tmp_path: Path, home: Folder, registry: Ticking) -> None:
    """Somebody let the challenger answer by hand: if it then fails, the champion takes its place."""
    home.deploy("2")
    change = promote(Folder(tmp_path / "home", refusing(NotDeployed("it answers otherwise"), "watch 2")), registry)
    assert (change.before, change.state, home.live()) == ("1", "undone", "1")


def test_empty_reason_approves_nothing(home: Folder, registry: Ticking, settings: PlatformSettings) -> None:
    with pytest.raises(FlowError, match="expected the reason why the version may live"):
        promote_version(registry, settings, home, "2", by="a test", say=print, decision=approval(" "))
    assert registry.changes() == []


def test_moved_alias_passes_no_gate(registry: Registry, toy_bundle: Path, settings: PlatformSettings) -> None:
    """Before any promotion an alias names the champion, but that is no gate: the version is judged as a first one."""
    shutil.copytree(toy_bundle, settings.models / "1")
    considered = consider_version(registry, settings, "1", print)
    assert (considered.champion, considered.gate.cohort, considered.gate.answer) == ("1", "hold-out", "undecided")
