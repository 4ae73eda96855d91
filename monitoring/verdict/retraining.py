"""The state of the retraining that a verdict asks for, and which state may come next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

import msgspec

from monitoring.verdict.verdict import Judgement

State = Literal[
    "nothing to start",
    "waiting",
    "no orchestrator",
    "starting",
    "running",
    "finished",
    "failed",
    "cancelled",
    "superseded",
]
"""`waiting` is for a cooldown, another run or Prefect; `starting` is sent to Prefect and not confirmed yet."""

UNSETTLED: tuple[State, ...] = ("waiting", "no orchestrator", "failed")
"""States from which a run may be started."""
_ENDS: dict[str, State] = {
    "COMPLETED": "finished",
    "FAILED": "failed",
    "CRASHED": "failed",
    "CANCELLED": "cancelled",
}


class RetrainingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters with which the monitor starts a run of the deployment `retrain/credence`."""

    verdict: str
    """The verdict's id; empty if a schedule or a person started the run."""
    kind: Literal["retrain", "recalibrate"]


class Delivery(NamedTuple):
    """The state of a verdict's retraining."""

    verdict: str
    version: str
    judgement: Judgement
    state: State
    note: str
    """The reason for the state, as a sentence; empty if the state needs none."""
    attempt: int
    """Number of runs that were started for the verdict."""
    run: str | None
    """The last run's id."""

    @property
    def ended(self) -> bool:
        """Whether the last run is over."""
        return self.state in _ENDS.values()

    @property
    def retraining(self) -> RetrainingRequest:
        """The parameters of the run that the verdict asks for."""
        return RetrainingRequest(
            verdict=self.verdict, kind="recalibrate" if self.judgement == "recalibrate" else "retrain"
        )

    def to(self, state: State, note: str = "") -> Delivery:
        """The delivery in the next state. After a failed run the state stays `failed` until the next run starts."""
        if self.state == "failed" and state in ("waiting", "no orchestrator"):
            state = "failed"
        return self._replace(state=state, note=note)

    @property
    def key(self) -> str:
        """Idempotency key of the next attempt, with which Prefect starts it only once."""
        return f"verdict-{self.verdict}-{self.attempt + 1}"


class PrefectRun(NamedTuple):
    """A run of the deployment, as Prefect reports it."""

    id: str
    name: str
    state: str
    """SCHEDULED, PENDING, RUNNING, PAUSED, CANCELLING, COMPLETED, FAILED, CRASHED, CANCELLED."""
    ended: datetime | None


def first_state(judgement: Judgement) -> State:
    """The state of a new verdict's delivery."""
    return "waiting" if judgement in ("retrain", "recalibrate") else "nothing to start"


def followed(delivery: Delivery, run: PrefectRun | None) -> Delivery:
    """A running delivery, updated from its run; `run` is None if Prefect does not know it."""
    if run is None:
        # The person who deleted the run did not want it, and a new verdict will ask again.
        return delivery.to("cancelled", "Prefect does not know its run any more")
    return delivery.to(_ENDS.get(run.state, "running"), f"run {run.name} is {run.state.lower()}")


def superseded(delivery: Delivery, live: str | None, latest: str | None) -> str | None:
    """Why no run may be started for this delivery any more; None if one may.

    `latest` is the last verdict that concludes anything about the live version, None if there is none since it is live.
    """
    if delivery.version != live:
        return f"version {live} is live now"
    if latest is None:
        return f"version {live} went live again since"
    if delivery.verdict != latest:
        return f"verdict {latest} is newer"
    return None


def held_up(now: datetime, cooldown_hours: float, active: PrefectRun | None, ended: datetime | None) -> str | None:
    """Why a run may not be started now; None if it may."""
    if active is not None:
        return f"waits for run {active.name}, which is {active.state.lower()}: one at a time"
    if ended is None:
        return None
    again = ended + timedelta(hours=cooldown_hours)
    if now >= again:
        return None
    return f"waits until {again.astimezone(UTC):%Y-%m-%d %H:%M} UTC: {cooldown_hours:g} hours after the last run's end"
