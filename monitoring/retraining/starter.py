"""Delivers verdicts: starts the retrainings that they ask for at Prefect, one at a time, and follows them.

A delivery is claimed in the database before the request to Prefect. If it is not known whether the run started, the
delivery's key is looked up at Prefect. So a monitor may be killed at any point, and two may share a database.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime

from monitoring.retraining.prefect import Prefect, PrefectError
from monitoring.store.verdicts import Action, Judgements
from monitoring.verdict.retraining import UNSETTLED, Delivery, followed, held_up, superseded

logger = logging.getLogger(__name__)

_STARTED = {"retrain": "retraining started", "recalibrate": "recalibration started"}
NOBODY = "CREDENCE_PREFECT_URL names no Prefect server"


class Deliverer:
    """Delivers the verdicts of one database to one Prefect server, or to none."""

    def __init__(self, judgements: Judgements, prefect: Prefect | None, cooldown_hours: float) -> None:
        self._judgements = judgements
        self._prefect = prefect
        self._cooldown = cooldown_hours

    def settle(self, live: str | None, since: int) -> None:
        """Move every delivery as far as possible now; `since` is when the version `live` went live."""
        latest = None if live is None else self._judgements.concluded(live, since)
        if self._prefect is not None:
            for delivery in self._judgements.deliveries(("starting", "running")):
                self._follow(delivery, self._prefect)
            for verdict, action in self._judgements.waiting():
                self._follow_promotion(verdict, action, self._prefect)
        for delivery in self._judgements.deliveries(UNSETTLED):
            reason = superseded(delivery, live, latest.id if latest else None)
            if reason is None:
                self._deliver(delivery)
            elif delivery.state != "failed":
                self._move(delivery, delivery.to("superseded", reason))

    def _follow(self, delivery: Delivery, prefect: Prefect) -> None:
        try:
            if delivery.state == "running":
                self._move(delivery, followed(delivery, prefect.run(delivery.run or "")))
            elif run := prefect.find(delivery.key):
                self._started(delivery, run.id, prefect)
            else:
                self._move(delivery, delivery.to("waiting", "it was not started"))
        except PrefectError as error:
            self._move(delivery, delivery._replace(note=str(error)))

    def _follow_promotion(self, verdict: str, action: Action, prefect: Prefect) -> None:
        """Note when a promotion's run that waits for a person has ended, because a cancelled run cannot report it."""
        try:
            run = prefect.run((action.run or "").rpartition("/")[2])
        except PrefectError as error:
            logger.warning("verdict %s: %s", verdict, error)
            return
        reason = f"run {run.name} is {run.state.lower()}" if run else "Prefect does not know its run any more"
        if run is None or run.ended is not None:
            done = Action(
                at=_now(), what=f"version {action.version} waits no more: {reason}", version=None, run=action.run
            )
            self._judgements.act(verdict, done)

    def _deliver(self, delivery: Delivery) -> None:
        if self._prefect is None:
            self._move(delivery, delivery.to("no orchestrator", NOBODY))
            return
        try:
            # Another monitor may have started the run since this one last looked.
            if run := self._prefect.find(delivery.key):
                self._started(delivery, run.id, self._prefect)
                return
            deployment = self._prefect.deployment()
            active, ended = self._prefect.active(deployment), self._prefect.last_end(deployment)
            reason = held_up(datetime.now(UTC), self._cooldown, active, ended)
        except PrefectError as error:
            reason = str(error)
        reason = reason or next((action.what for _, action in self._judgements.waiting()), None)
        if reason is None:
            self._start(delivery, deployment, self._prefect)
        else:
            self._move(delivery, delivery.to("waiting", reason))

    def _start(self, delivery: Delivery, deployment: str, prefect: Prefect) -> None:
        claimed = delivery.to("starting")
        if not self._move(delivery, claimed):
            return
        try:
            run = prefect.start(deployment, delivery.retraining, delivery.key)
        except PrefectError as error:
            # The run may have started all the same; the next look at Prefect shows it.
            self._move(claimed, claimed._replace(note=str(error)))
        else:
            self._started(claimed, run.id, prefect)

    def _started(self, delivery: Delivery, run: str, prefect: Prefect) -> None:
        after = delivery.to("running")._replace(attempt=delivery.attempt + 1, run=run)
        description = _STARTED[delivery.retraining.kind]
        done = Action(at=_now(), kind="started", what=description, version=None, run=prefect.page(run))
        if self._judgements.move(delivery, after, _now(), done):
            logger.info("verdict %s: %s, attempt %d, run %s", delivery.verdict, description, after.attempt, run)

    def _move(self, before: Delivery, after: Delivery) -> bool:
        if after == before:
            return True
        logger.info("verdict %s: %s %s", after.verdict, after.state, after.note)
        return self._judgements.move(before, after, _now())


def _now() -> int:
    return time.time_ns() // 1000
