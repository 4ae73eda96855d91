"""Plays the story: a platform starts, learns, serves, notices that its world has changed, and learns again."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flows.clients.explainer import explain_decision
from flows.clients.monitor import review_now, tell_outcomes
from flows.clients.predictor import CLIENT, Application, to_inputs
from flows.demo import words
from flows.demo.caller import calling
from flows.demo.retraining import follow_retraining
from flows.demo.scenarios import SCENARIOS, Scenario
from flows.demo.story import APPLICATIONS, EXPLORED, ORDINARY, TRIALS, Stage, pages
from flows.demo.windows import AnsweredWindow, followed, known_outcomes, submit
from flows.errors import StepFailed
from flows.runs.history import refresh
from flows.start import run
from training.bundle import Bundle, Manifest
from training.products import product_of
from training.registry import Registry
from training.registry.trail import Change
from training.synthetic import synthesise, worlds
from training.synthetic.arrivals import Arrivals, arrive
from training.tables import read


def play(stage: Stage, data: Path | None, clients: int, seed: int) -> None:
    """Play the story from the beginning. With tables in `data`, stop before the step in which the world changes.

    Raises StepFailed if a result is not the expected one, and all errors of the steps.
    """
    folder, usual = data or stage.settings.folder / "lender", None
    with stage.step("platform", "the platform comes up"):
        stage.platform.begin(stage.say)
        if data is None:
            stage.say(f"making a synthetic lender with {clients:,} clients to learn from")
            synthesise(clients, folder, seed)
            usual = arrive(folder, worlds.published(), ORDINARY, seed)
        stage.platform.wait(stage.say)
    with stage.step("train", "a first version is trained, and judged on clients that it did not learn from"):
        manifest = _first(stage, folder, seed)
    if usual is None:
        with stage.step("ordinary", "applications without outcome are answered"):
            _test_applications(stage, folder, manifest)
    else:
        _loop(stage, folder, usual, manifest, seed)
    stage.story.pages = pages(stage.settings)


def _first(stage: Stage, folder: Path, seed: int) -> Manifest:
    trained = run("train", stage.settings, stage.say, data=str(folder), trials=TRIALS, seed=seed)
    manifest: Manifest = trained.manifest
    stage.story.trained = {
        "version": trained.version.number,
        "family": manifest.family,
        "metrics": manifest.metrics,
        "seconds": round(trained.seconds, 1),
    }
    change = run("promote", stage.settings, stage.say, by=getpass.getuser())
    if change.state == "undecided":  # with so few clients, the gate may be undecided
        change = _approve(stage, change, "nothing is live yet that it could be worse than")
    stage.story.first = _done(stage, change)
    stage.platform.wait(stage.say)  # for the explainer, because the promotion does not wait for it
    return Bundle.open(stage.settings.models / trained.version.number).manifest


def _test_applications(stage: Stage, folder: Path, manifest: Manifest) -> None:
    tables = read(folder, product_of(folder), stage.say)
    frame = tables.train if tables.test is None else tables.test
    rows = frame.head(APPLICATIONS).to_dicts()
    stage.story.windows["ordinary"] = followed(_answer(stage, rows, manifest), [])
    _review(stage)
    stage.say("their outcomes are not known and their world does not change: the other steps need a synthetic lender")


def _loop(stage: Stage, folder: Path, usual: Arrivals, manifest: Manifest, seed: int) -> None:
    assert stage.story.scenario is not None
    scenario = SCENARIOS[stage.story.scenario]
    with stage.step("ordinary", "clients apply who are like those that were learned from"):
        rows = usual.applications.to_dicts()
        _follow(stage, "ordinary", _answer(stage, rows, manifest), usual)
        _expect(stage, "keep")
    with stage.step("changes", f"the world changes: {scenario.happens}"):
        verdict = _change(stage, folder, scenario, manifest, seed)
    with _kept_asking(stage, rows[0], manifest):
        with stage.step("retraining", "the monitor has a new version made by itself, and the gate compares the two"):
            _retrain(stage, scenario, verdict)
        if stage.platform.live != stage.story.trained["version"]:
            with stage.step("rollback", "credence rollback, and back"):
                for why in ("to see that it works", "back to the better one"):
                    change = run("rollback", stage.settings, stage.say, by=getpass.getuser(), why=why)
                    stage.story.rollbacks.append(_done(stage, change))


def _answer(stage: Stage, applications: Sequence[Application], manifest: Manifest) -> AnsweredWindow:
    window = submit(stage.settings, applications, manifest)
    stage.tell(words.of_window(window))
    if not stage.story.explained and "explainer" in stage.platform.running():
        riskiest = max(window.all, key=lambda answer: answer.probability)
        (application,) = (application for application in applications if application[CLIENT] == riskiest.client)
        stage.story.explained = explained = explain_decision(stage.settings, application, manifest, riskiest.version)
        stage.tell(words.of_explained(riskiest.client, explained))
        if explained["probability"] != riskiest.probability:
            raise StepFailed(f"answered was {riskiest.probability}, explained is {explained['probability']}")
    return window


def _follow(stage: Stage, name: str, window: AnsweredWindow, arrivals: Arrivals) -> None:
    """Time passes: report the outcomes of the accepted and the explored applications."""
    outcomes = known_outcomes(window.all, arrivals.defaulted, EXPLORED, seed=len(stage.story.windows))
    tell_outcomes(stage.settings, outcomes)
    stage.story.windows[name] = labelled = followed(window, outcomes)
    stage.tell(words.of_outcomes(labelled, EXPLORED))


def _change(stage: Stage, folder: Path, scenario: Scenario, manifest: Manifest, seed: int) -> str:
    """Answer two windows from the changed world; returns the id of the verdict after both."""
    first, second = (arrive(folder, scenario.world(), APPLICATIONS, seed) for _ in range(2))
    refresh(
        stage.platform, folder, None, stage.say
    )  # as a lender does each night, so that the histories of new clients are known
    early = _answer(stage, first.applications.to_dicts(), manifest)
    _review(stage)
    late = _answer(stage, second.applications.to_dicts(), manifest)
    _follow(stage, "changed", early, first)
    _follow(stage, "changed still", late, second)
    return _expect(stage, scenario.verdict)


def _retrain(stage: Stage, scenario: Scenario, verdict: str) -> None:
    stage.story.retraining = follow_retraining(stage.settings, verdict, stage.say)
    stage.story.change = change = Registry(stage.settings.registry_url).changes()[0]
    stage.tell(words.of_change(change))
    if change.state not in scenario.ends:
        raise StepFailed(f"the promotion is {change.state}, expected {' or '.join(scenario.ends)}: {change.why}")
    if scenario.approve is not None:
        stage.story.approved = _done(stage, _approve(stage, change, scenario.approve))


def _approve(stage: Stage, change: Change, reason: str) -> Change:
    """Approve a version for which the gate leaves the decision to a person."""
    stage.say(f'a person decides: credence promote {change.after} --approve "{reason}"')
    parameters: dict[str, Any] = {"version": change.after, "approve": reason, "by": getpass.getuser()}
    approved: Change = run("promote", stage.settings, stage.say, **parameters)
    return approved


def _expect(stage: Stage, judgement: str) -> str:
    verdict = _review(stage)
    if verdict["judgement"] != judgement:
        raise StepFailed(f"the verdict is {verdict['judgement']}, expected {judgement}: {verdict['why'][0]}")
    return str(verdict["id"])


def _review(stage: Stage) -> Mapping[str, Any]:
    verdict = review_now(stage.settings)
    stage.story.verdicts.append(verdict)
    stage.tell(words.of_verdict(verdict))
    return verdict


def _done(stage: Stage, change: Change) -> Change:
    stage.tell(words.of_change(change))
    if change.state != "done":
        raise StepFailed(f"version {change.after} is not live: {change.state}. {change.why}")
    return change


@contextmanager
def _kept_asking(stage: Stage, application: Application, manifest: Manifest) -> Iterator[None]:
    """During the block, a caller asks without a break, and no request may fail. Raises StepFailed."""
    url = f"{stage.settings.predictor_url}/v2/models/{manifest.model}/infer"
    with calling(url, {"inputs": to_inputs([application], manifest)}) as caller:
        yield
        stage.story.caller = counted = caller.end()
    stage.tell(["", *words.of_caller(counted)])
    if counted["failed"] or not counted["asked"]:
        raise StepFailed(f"{counted['failed']} of {counted['asked']} requests failed: {counted['first_failure']}")
