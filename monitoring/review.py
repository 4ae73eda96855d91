"""A review: closes windows and cohorts, judges the live version, and delivers its verdicts.

Each step stores its result before the next step begins, and does not repeat what is stored already. So a monitor that
is killed during a review continues where it stopped, and reaches the same verdict under the same id.
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
from typing import NamedTuple

from monitoring.errors import StoreError, UnreadyError
from monitoring.judging.reference import describe, follow
from monitoring.judging.rule import Limits, judge
from monitoring.judging.spans import Edge, Open, Span, due
from monitoring.metrics import LiveStanding
from monitoring.retraining.prefect import Prefect
from monitoring.retraining.starter import Deliverer
from monitoring.settings import MonitorSettings
from monitoring.store.bundles import Bundles, Models
from monitoring.store.reading import labelled, read_chunk
from monitoring.store.records import Store
from monitoring.store.verdicts import Judgements
from monitoring.store.windows import Archive
from monitoring.verdict import Verdict
from serving.records import Schema

logger = logging.getLogger(__name__)

_PATIENCE = 3600e6
"""Microseconds that a due window waits for missing records. The wait has an end, because a lost machine's records never
arrive."""
_COHORTS = 10_000
"""More cohorts than any version has."""


class Condition(NamedTuple):
    """The result of the last review."""

    at: int | None
    """Microseconds since 1970; None before the first review."""
    live: str | None
    problem: str | None
    """Why there is no judgement, as a sentence; None if there is one, or if there is nothing to judge yet."""


class Reviewer:
    """Judges the records of one store, one review at a time. Its methods block, so call them in a thread."""

    def __init__(
        self,
        store: Store,
        archive: Archive,
        judgements: Judgements,
        bundles: Bundles,
        limits: Limits,
        settings: MonitorSettings,
    ) -> None:
        self.archive, self.judgements = archive, judgements
        self.condition = Condition(None, None, None)
        self._store, self._settings, self._limits = store, settings, limits
        self._models = Models(bundles)
        url, external_url = settings.prefect_url, settings.prefect_external_url
        self._prefect = Prefect.at(url, external_url) if url else None
        self._deliverer = Deliverer(self.judgements, self._prefect, settings.monitor_cooldown_hours)
        self._turn = threading.Lock()
        self._outcomes_at = -1  # when the newest outcome was reported that the cohorts already contain

    def close(self) -> None:
        """Close the connections when the last review is over."""
        with self._turn:
            if self._prefect is not None:
                self._prefect.close()

    def look(self) -> None:
        """Review as the schedule does. A failure is stored in `condition` and logged, never raised."""
        with self._turn:
            live, problem = self.condition.live, None
            try:
                live = self.archive.live()
                self._settle(live)
                problem = self._look(live)
                self._settle(live)
            except (UnreadyError, StoreError) as error:
                problem = str(error)
            except Exception as error:  # noqa: BLE001 - one review's failure must not stop the schedule
                problem = _failure(error)
            if problem != self.condition.problem and problem is not None:
                logger.warning("%s", problem)
            self.condition = Condition(_now(), live, problem)

    def review(self) -> Verdict:
        """Review because a person asks: close the open window now, and judge. Raises UnreadyError if that fails."""
        with self._turn:
            live = self.archive.live()
            if live is None:
                raise UnreadyError("version: expected one that is live, got no record and no PUT /v1/live yet")
            self._models.reference(live)  # If the version cannot be judged, nothing is closed.
            self._settle(live)
            self._close_windows(live, at_once=True)
            self._close_cohorts(live)
            verdict = self._judge(live)
            self._settle(live)
            self.condition = Condition(_now(), live, None)
            return verdict

    def standing(self) -> LiveStanding:
        """The last results about the live version."""
        live = self.archive.live()
        windows, cohorts = (self.archive.windows(live, 1), self.archive.cohorts(live, 1)) if live else ((), ())
        return LiveStanding(
            live,
            self.archive.live_since(),
            windows[-1] if windows else None,
            cohorts[-1] if cohorts else None,
            self.judgements.latest(live) if live else None,
            self.judgements.states(),
            self.judgements.reaction(),
            self.condition.at,
            self.condition.problem is not None,
        )

    def _settle(self, live: str | None) -> None:
        self._deliverer.settle(live, self.archive.live_since())

    def _look(self, live: str | None) -> str | None:
        """Review all versions. Returns what the review waits for, if anything."""
        outcomes_at = self.archive.last_outcome_at()
        problem = None
        for version in sorted({*self.archive.versions()} - {live}):
            problem = self._bring_up_old(version, outcomes_at) or problem
        if live is not None:
            problem = self._bring_up(live, outcomes_at) or problem
            if self.archive.counts(live)[0]:
                self._judge(live)
        self._outcomes_at = outcomes_at
        return problem

    def _bring_up_old(self, version: str, outcomes_at: int) -> str | None:
        """Do as `_bring_up`, for a version that is not live. Returns a failure, so that the live version is judged."""
        try:
            self._bring_up(version, outcomes_at)
        except UnreadyError:
            logger.debug("version %s is not followed: its bundle is not there", version)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - an old version's failure must not stop the live version's review
            return f"version {version}: {_failure(error)}"
        return None

    def _bring_up(self, version: str, outcomes_at: int) -> str | None:
        """Close a version's due windows and cohorts. Its bundle is only loaded if something is due."""
        records = self.archive.open(version, self._settings.monitor_window_rows)
        closes = records is not None and due(records, _now(), self._settings.monitor_window_hours) is not None
        waits = self._close_windows(version, at_once=False) if closes else None
        if closes or outcomes_at != self._outcomes_at:
            self._close_cohorts(version)
        return waits

    def _close_windows(self, version: str, *, at_once: bool) -> str | None:
        """Close a version's windows. Returns what a window waits for, if anything."""
        rows, hours = self._settings.monitor_window_rows, self._settings.monitor_window_hours
        while records := self.archive.open(version, rows):
            ready = due(records, _now(), hours)
            if ready is None and not at_once:
                return None
            share = self._store.completeness(records.first.at).share
            if (
                ready is not None
                and not at_once
                and share < self._limits.completeness
                and _now() < ready.at + _PATIENCE
            ):
                return f"window {version}-{records.number} waits: {share:.1%} of the answered applications have arrived"
            self._describe(version, records, ready.edge if ready else records.last)
            if ready is None:
                return None  # Records that arrived meanwhile belong to the next window.
        return None

    def _describe(self, version: str, records: Open, end: Edge) -> None:
        reference = self._models.reference(version)
        span = Span(version, records.number, records.after, end)
        chunk = read_chunk(self._store.database, span, Schema.of(reference.manifest))
        if not len(chunk):
            return  # The window's records were erased meanwhile.
        window = describe(
            reference, chunk, version=version, number=records.number, since=records.first.at, until=end.at
        )
        self.archive.add_window(window, span, _now())

    def _close_cohorts(self, version: str) -> None:
        for span in self.archive.unfollowed(version):
            accepted, known = labelled(self._store.database, span)
            if not known or known < self._limits.closed * accepted:
                continue
            reference = self._models.reference(version)
            chunk = read_chunk(self._store.database, span, Schema.of(reference.manifest))
            now = _now()
            made = follow(reference, chunk, version=version, number=span.number, closed_at=now)
            self.archive.add_cohort(made, now)

    def _judge(self, version: str) -> Verdict:
        windows, cohorts = self.archive.counts(version)
        first = self.archive.first(version, self.archive.live_since())
        if kept := self.judgements.get(f"{version}-{windows if windows >= first else 0}-{cohorts}"):
            return kept
        latest = self.archive.windows(version, self._limits.windows_in_a_row)
        account = self._store.completeness(latest[-1].since if latest else 0)
        verdict = judge(
            latest,
            self.archive.cohorts(version, _COHORTS),
            account.share,
            account.lag_seconds,
            self._limits,
            model=self._models.reference(version).manifest.model,
            version=version,
            first=first,
            at=_now(),
        )
        return self.judgements.add(verdict)


def _failure(error: Exception) -> str:
    # An exception's message may quote an applicant's values; the stack does not.
    logger.error("the review failed: %s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
    return f"the review failed: {type(error).__name__}; the log says where"


def _now() -> int:
    return time.time_ns() // 1000
