"""The store's status, and the last results about the live version, as Prometheus text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, get_args

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from monitoring.store.records import StoreStatus
from monitoring.store.verdicts import Reaction
from monitoring.verdict import Cohort, Judgement, Verdict, Window
from monitoring.verdict.retraining import State

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class LiveStanding(NamedTuple):
    """The state of the live version; a field is None if it does not exist yet."""

    live: str | None
    live_since: int
    """Microseconds since 1970; 0 if it was never reported."""
    window: Window | None
    cohort: Cohort | None
    verdict: Verdict | None
    states: Mapping[State, int]
    """Number of verdicts by the state of the retraining that they ask for."""
    reaction: Reaction | None
    reviewed_at: int | None
    """Microseconds since 1970."""
    problem: bool
    """Whether a problem held up the last review."""


class _Figures(Collector):
    def __init__(self, status: StoreStatus, standing: LiveStanding) -> None:
        self._status, self._standing = status, standing

    def collect(self) -> Iterable[Metric]:
        yield from _of_records(self._status)
        yield from _of_reviews(self._standing)
        if self._standing.window is not None:
            yield from _of_window(self._standing.window)
        if self._standing.cohort is not None:
            yield from _of_cohort(self._standing.cohort)


def text(status: StoreStatus, standing: LiveStanding) -> bytes:
    """All metrics, as the answer to a scrape."""
    registry = CollectorRegistry()
    registry.register(_Figures(status, standing))
    return generate_latest(registry)


def _of_records(status: StoreStatus) -> Iterable[Metric]:
    account = status.account
    yield _counter("received", "Records that predictors sent and the store took.", account.received)
    yield _counter("duplicates", "Records that were sent again and ignored.", account.duplicates)
    yield _counter("expired", "Records that the retention deleted.", status.expired)
    yield _gauge("records_answered", "Records that predictors say they wrote.", account.answered)
    yield _gauge("records_missing", "Records answered and not received.", account.missing)
    yield _gauge("records_completeness", "Share of the answered records that were received.", account.share)
    yield _gauge("records_lag_seconds", "How far what was received trails what was answered.", account.lag_seconds)
    yield _gauge("records_forgotten", "Records whose clients were forgotten.", status.forgotten)
    yield _by("records_stored", "Records in the store.", "version", status.versions)


def _of_reviews(standing: LiveStanding) -> Iterable[Metric]:
    if standing.reviewed_at is not None:
        yield _gauge("review_timestamp_seconds", "When the last review was.", standing.reviewed_at / 1e6)
    yield _gauge("review_problem", "1 where something is in the way of the reviews.", float(standing.problem))
    if standing.live is not None:
        yield _by("live", "1 for the live version.", "version", {standing.live: 1.0})
        since = {standing.live: standing.live_since / 1e6} if standing.live_since else {}
        yield _by(
            "live_timestamp_seconds", "When the live version went live; absent where nobody said.", "version", since
        )
    states = {state: standing.states.get(state, 0) for state in get_args(State)}
    yield _by("retrainings", "Verdicts by the state of the retraining they ask for.", "state", states)
    if standing.reaction is not None:
        yield from _of_reaction(standing.reaction)
    if standing.verdict is not None:
        judged = standing.verdict
        yield _gauge(
            "verdict_timestamp_seconds", "When the last verdict about the live version was reached.", judged.at / 1e6
        )
        family = GaugeMetricFamily(
            "credence_verdict", "1 for the last verdict about the live version.", labels=["version", "judgement"]
        )
        for judgement in get_args(Judgement):
            family.add_metric([judged.version, judgement], float(judgement == judged.judgement))
        yield family


def _of_reaction(reaction: Reaction) -> Iterable[Metric]:
    times = {
        "judged": ("When the verdict was reached that asked for the last retraining.", reaction.judged_at),
        "asked": ("When the last retraining was started that a verdict asked for.", reaction.started_at),
        "ended": ("When the last retraining ended that a verdict asked for; absent while it runs.", reaction.ended_at),
    }
    for name, (help_text, at) in times.items():
        if at is not None:
            yield _gauge(f"retraining_{name}_timestamp_seconds", help_text, at / 1e6)
    yield _gauge("retraining_paused", "1 while the last retraining waits for a person.", float(reaction.paused))


def _of_window(window: Window) -> Iterable[Metric]:
    psi = {column.name: column.psi for column in window.columns}
    yield _by("drift_psi", "PSI of a column in the last window of the live version.", "column", psi)
    drifted = {column.name: float(column.drifted) for column in window.columns}
    yield _by("drifted", "1 for a column that drifted in the last window.", "column", drifted)
    for name, help_text in {
        "approved": "Approval rate in the last window.",
        "mean_probability": "Mean probability in the last window.",
        "rows": "Applications in the last window.",
    }.items():
        yield _by(f"window_{name}", help_text, "version", {window.version: getattr(window, name)})
    until = {window.version: window.until / 1e6}
    yield _by(
        "window_timestamp_seconds", "When the last application in the last window was answered.", "version", until
    )
    yield _by("window_probability", "Quantiles of the probability in the last window.", "quantile", window.quantiles)
    yield _by("score_psi", "PSI of the score in the last window.", "version", {window.version: window.score.psi})
    weight = {window.version: window.drifted_weight}
    yield _by(
        "drifted_weight", "The drifted columns' share of what moves the score, in the last window.", "version", weight
    )


def _of_cohort(cohort: Cohort) -> Iterable[Metric]:
    figures = {
        "labelled": ("Applications with known outcomes in the last closed cohort.", cohort.labelled),
        "defaults": ("Defaults in the last closed cohort.", cohort.defaults),
        "log_loss": ("Log loss in the last closed cohort.", cohort.log_loss.value),
        "expected_log_loss": (
            "The hold-out's log loss in the last closed cohort's population.",
            cohort.expected_log_loss,
        ),
        "auc": ("AUC in the last closed cohort.", cohort.auc.value),
        "expected_auc": ("The hold-out's AUC in the last closed cohort's population.", cohort.expected_auc),
        "observed_expected": (
            "Defaults in the last closed cohort over those expected.",
            cohort.observed_expected.value,
        ),
    }
    for name, (help_text, value) in figures.items():
        yield _by(f"cohort_{name}", help_text, "version", {cohort.version: value})


def _counter(name: str, help_text: str, value: float) -> Metric:
    return CounterMetricFamily(f"credence_records_{name}", help_text, value=value)


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"credence_{name}", help_text, value=value)


def _by(name: str, help_text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"credence_{name}", help_text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
