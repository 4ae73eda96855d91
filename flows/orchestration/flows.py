"""The flows: each does the run of its name step by step, in Prefect's sight, and shows what came of it.

A deployment's run and a command's are the same flow; a command passes who asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from prefect import flow, get_run_logger, runtime, suspend_flow_run, task
from prefect.cache_policies import NO_CACHE
from prefect.input import RunInput
from pydantic import Field

from flows import runs
from flows.orchestration import artifacts
from flows.settings import from_environment

if TYPE_CHECKING:
    from flows.promote import Considered
    from flows.train import Trained
    from training.changes import Change

Result = TypeVar("Result")
Say = Callable[[str], None]

_ALSO: ContextVar[Say | None] = ContextVar("also", default=None)
"""Who else hears what the steps say: the command that runs the flow."""


class Approval(RunInput):
    """What a person gives to let a version live."""

    reason: str = Field(min_length=3, description="Why it may live; for the audit trail.")


@flow(description="Train a model on raw tables and register it as the next version, the challenger.")
def train(
    data: str | None = None,
    trials: int = 8,
    seed: int = 0,
    allow: list[str] | None = None,
    cost_fn: float = 10.0,
    cost_fp: float = 1.0,
) -> Trained:
    """As `credence train`; `data` is a folder of raw tables, a synthetic lender without it."""
    settings = from_environment()
    trained = runs.train(settings, step, data, trials, seed, allow, cost_fn, cost_fp)
    artifacts.show_version(settings, trained.version, trained.run.manifest)
    return trained


@flow(description="Judge a version, and let it live if the gate or a person's reason lets it.")
def promote(version: str | None = None, approve: str | None = None, by: str = "", asked: str = "") -> Change:
    """As `credence promote`; `asked` names the verdict or calendar behind it, whose promotion waits for a person."""
    settings, by = from_environment(), by or f"Prefect run {runtime.flow_run.name}"
    if asked and approve is None and settings.approval == "required":
        considered = step("gate", lambda say: runs.consider(settings, version, say))
        artifacts.show_gate(considered.version, considered.gate)
        if considered.gate.answer == "promote":
            by = f"{by}, resumed with: {_ask(considered, asked).reason}"
    change = runs.promote(settings, step, by, version, approve)
    artifacts.show_change(settings, change)
    return change


@flow(description="Put the previous champion live again.")
def rollback(why: str = "asked for", by: str = "") -> Change:
    """As `credence rollback`."""
    settings = from_environment()
    change = runs.rollback(settings, step, by or f"Prefect run {runtime.flow_run.name}", why)
    artifacts.show_change(settings, change)
    return change


FLOWS: dict[str, Callable[..., Any]] = {"train": train, "promote": promote, "rollback": rollback}


@contextmanager
def telling(say: Say) -> Iterator[None]:
    """Let somebody else hear what the steps say."""
    token = _ALSO.set(say)
    try:
        yield
    finally:
        _ALSO.reset(token)


def step(name: str, work: Callable[[Say], Result]) -> Result:
    """Do one long step of a run as a task, with a log of its own."""

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


def _ask(considered: Considered, asked: str) -> Approval:
    """Leave the machine until a person resumes the run in Prefect; it then begins again, and this returns."""
    text = f"Version {considered.version}, asked for by {asked}: {considered.gate.why}. Cancel the run to refuse."
    return suspend_flow_run(wait_for_input=Approval.with_initial_data(description=text), key="approval")
