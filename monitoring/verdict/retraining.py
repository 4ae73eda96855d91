"""How far the retraining is that a verdict asks for, and what may be done about it next."""

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
"""`waiting` for a cooldown, another run or Prefect; `starting` was asked of Prefect and not yet confirmed."""

UNSETTLED: tuple[State, ...] = ("waiting", "no orchestrator", "failed")
"""From which a run may be started."""
_ENDS: dict[str, State] = {
    "COMPLETED": "finished",
    "FAILED": "failed",
    "CRASHED": "failed",
    "CANCELLED": "cancelled",
}


class RetrainingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the monitor asks of the deployment `retrain/credence`: the parameters of its run."""

    verdict: str
    """Its id; empty where a calendar or a person asked."""
    kind: Literal["retrain", "recalibrate"]


class Delivery(NamedTuple):
    """The state of a verdict's retraining."""

    verdict: str
    version: str
    judgement: Judgement
    state: State
    note: str
    """Why, in words; empty where the state says it all."""
    attempt: int
    """Runs that were started for it."""
    run: str | None
    """The last one's id."""

    @property
    def ended(self) -> bool:
        """Whether its last run is over."""
        return self.state in _ENDS.values()

    @property
    def retraining(self) -> RetrainingRequest:
        """The run that is asked for."""
        return RetrainingRequest(
            verdict=self.verdict, kind="recalibrate" if self.judgement == "recalibrate" else "retrain"
        )

    def to(self, state: State, note: str = "") -> Delivery:
        """In the next state. After a failed run it stays failed until the next run starts, whatever that waits for."""
        if self.state == "failed" and state in ("waiting", "no orchestrator"):
            state = "failed"
        return self._replace(state=state, note=note)

    @property
    def key(self) -> str:
        """What makes Prefect start the next attempt once, however often it is asked."""
        return f"verdict-{self.verdict}-{self.attempt + 1}"


class PrefectRun(NamedTuple):
    """A run of the deployment, as Prefect tells it."""

    id: str
    name: str
    state: str
    """SCHEDULED, PENDING, RUNNING, PAUSED, CANCELLING, COMPLETED, FAILED, CRASHED, CANCELLED."""
    ended: datetime | None


def first_state(judgement: Judgement) -> State:
    """Of a new verdict."""
    return "waiting" if judgement in ("retrain", "recalibrate") else "nothing to start"


def followed(delivery: Delivery, run: PrefectRun | None) -> Delivery:
    """A running delivery after a look at its run; None is one that Prefect does not know."""
    if run is None:
        # Whoever deleted it did not want it; and a new verdict will ask again.
        return delivery.to("cancelled", "Prefect does not know its run any more")
    return delivery.to(_ENDS.get(run.state, "running"), f"run {run.name} is {run.state.lower()}")


def superseded(delivery: Delivery, live: str | None, latest: str | None) -> str | None:
    """Why nothing is to be started for it any more; None where something may be.

    `latest` is the last verdict about the live version that concludes anything, None where none was since it is live.
    """
    if delivery.version != live:
        return f"version {live} is live now"
    if latest is None:
        return f"version {live} went live again since"
    if delivery.verdict != latest:
        return f"verdict {latest} is newer"
    return None


def held_up(now: datetime, cooldown_hours: float, active: PrefectRun | None, ended: datetime | None) -> str | None:
    """Why a run may not be started now; None where it may."""
    if active is not None:
        return f"waits for run {active.name}, which is {active.state.lower()}: one at a time"
    if ended is None:
        return None
    again = ended + timedelta(hours=cooldown_hours)
    if now >= again:
        return None
    return f"waits until {again.astimezone(UTC):%Y-%m-%d %H:%M} UTC: {cooldown_hours:g} hours after the last run's end"
