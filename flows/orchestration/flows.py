"""The flows: each does the run of its name as steps under Prefect, and shows the result.

Deployments and commands run the same flow; a command also passes its user.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from prefect import flow, get_run_logger, runtime, suspend_flow_run, task
from prefect.cache_policies import NO_CACHE
from prefect.deployments import run_deployment
from prefect.input import RunInput
from pydantic import Field

from flows.clients.monitor import note_action
from flows.clients.prefect import DEPLOYMENT, run_page
from flows.orchestration import artifacts
from flows.runs import plain
from flows.runs.decision import HumanDecision, approval
from flows.runs.trail import describe_change
from flows.settings import PlatformSettings, from_environment
from flows.steps import Say
from training.bundle import Costs

if TYPE_CHECKING:
    from flows.runs.retrain import Retrained
    from flows.runs.train import Trained
    from training.registry.trail import Change

Result = TypeVar("Result")

_ALSO: ContextVar[Say | None] = ContextVar("also", default=None)
"""The command's `say`, if a command runs the flow: it also gets the steps' lines."""


class DecisionForm(RunInput):
    """A person's decision about a version that waits. It asks for a name, because Prefect's server has no logins."""

    name: str = Field(min_length=2, description="Who decides; for the audit trail.")
    reason: str = Field(min_length=3, description="Why; for the audit trail.")
    refuse: bool = Field(False, description="Switched on, the version does not go live and the champion stays.")


@flow(description="Train a model on raw tables and register it as the next version, the challenger.")
def train(
    data: str | None = None,
    trials: int = 8,
    seed: int = 0,
    allow: list[str] | None = None,
    cost_fn: float = Costs.fn,
    cost_fp: float = Costs.fp,
) -> Trained:
    """Do as `credence train`. `data` is a folder of raw tables; without it, a synthetic lender is made."""
    settings = from_environment()
    trained = plain.train(settings, step, data, trials, seed, allow, cost_fn, cost_fp, _id())
    artifacts.show_version(settings, trained.version, trained.manifest)
    return trained


@flow(description="Train a version on the champion's tables and on newly known outcomes, and promote it.")
def retrain(verdict: str = "", kind: Literal["retrain", "recalibrate"] = "retrain", by: str = "") -> Retrained:
    """Do as `credence retrain`. If `by` names no person, the promotion waits for one if the settings require it."""
    settings = from_environment()

    def leave(version: str) -> None:
        run_deployment(f"promote/{DEPLOYMENT}", parameters={"version": version, "verdict": verdict}, timeout=0)

    promotion = leave if not by and settings.approval == "required" else None
    if verdict:
        artifacts.show_verdict(settings, verdict)
    retrained = plain.retrain(settings, step, by or _name(), kind, verdict, _id(), promotion)
    artifacts.show_version(settings, retrained.version, retrained.manifest)
    if retrained.change is not None:
        artifacts.show_change(settings, retrained.change)
    return retrained


@flow(description="Judge a version, and put it live if the gate or a person's reason allows it.")
def promote(version: str | None = None, approve: str | None = None, by: str = "", verdict: str | None = None) -> Change:
    """Do as `credence promote`. `verdict` is None if a person asked; else it is a verdict's id, or "" for a schedule.

    If no person asked and the settings require approval, a version that passes the gate waits until a person resumes
    the run.
    """
    settings, by, decision = from_environment(), by or _name(), approval(approve)
    if verdict is not None and settings.approval == "required":
        version, decided = _decided(settings, version, verdict)
        if decided is not None:
            by = f"{decided.name}, in {by}"
            decision = HumanDecision("refuse" if decided.refuse else "agree", decided.reason)
    change = plain.promote(settings, step, by, version, decision, _id())
    artifacts.show_change(settings, change)
    note_action(settings, verdict or "", describe_change(change), change.after, _url())
    return change


@flow(description="Put the previous champion live again.")
def rollback(why: str = "asked for", by: str = "") -> Change:
    """Do as `credence rollback`."""
    settings = from_environment()
    change = plain.rollback(settings, step, by or _name(), why, _id())
    artifacts.show_change(settings, change)
    return change


FLOWS: dict[str, Callable[..., Any]] = {"train": train, "retrain": retrain, "promote": promote, "rollback": rollback}


@contextmanager
def telling(say: Say) -> Iterator[None]:
    """During the block, pass the steps' lines to `say` too."""
    token = _ALSO.set(say)
    try:
        yield
    finally:
        _ALSO.reset(token)


def step(name: str, work: Callable[[Say], Result]) -> Result:
    """Do one long step of a run as a task with its own log."""

    @task(name=name, cache_policy=NO_CACHE, persist_result=False)
    def do() -> Result:
        return work(_say())

    return do()


def _say() -> Say:
    logger, also = get_run_logger(), _ALSO.get()

    def say(text: str) -> None:
        logger.info("%s", text)
        if also is not None:
            also(text)

    return say


def _name() -> str:
    return f"Prefect run {runtime.flow_run.name}"


def _decided(settings: PlatformSettings, version: str | None, verdict: str) -> tuple[str, DecisionForm | None]:
    """The version, with a person's decision if the gate answers `promote`. The run is suspended until it is resumed.

    The resumed run begins again, so the gate judges again before this returns. The decision is about this version and
    this champion: if either has changed, a person is asked again.
    """
    considered = step("gate", lambda say: plain.consider(settings, version, say))
    artifacts.show_gate(considered.version, considered.gate)
    if considered.gate.answer != "promote":
        return considered.version, None
    asks = f"verdict {verdict}" if verdict else "the calendar"
    text = (
        f"Version {considered.version} may take the place of version {considered.champion}, by {asks}: "
        f"{considered.gate.why}. The artifact `gate` of this run has the figures."
    )
    note_action(
        settings, verdict, f"version {considered.version} waits for a person", considered.version, _url(), waits=True
    )
    form = DecisionForm.with_initial_data(description=text)
    key = f"approval-{considered.version}-for-{considered.champion}"
    return considered.version, suspend_flow_run(wait_for_input=form, key=key)


def _id() -> str:
    """The run's id, by which its results are found in the registry."""
    return str(runtime.flow_run.id)


def _url() -> str:
    """The URL of this run's page."""
    return run_page(from_environment(), runtime.flow_run.id)
