"""The Prometheus metrics of a predictor."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from serving.log.log import Log
from serving.log.shipper import Shipper
from serving.version import Model, Scored

_SECONDS = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_FROM_THE_START = tuple((True, status) for status in (200, 400, 500, 503))
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16384)


class _Children:
    """A counter's children by label; each is looked up only once, because `labels()` costs more than counting."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._children: dict[str, Counter] = {}

    def add(self, label: str, count: int = 1) -> None:
        child = self._children.get(label)
        if child is None:
            child = self._children[label] = self._counter.labels(label)
        child.inc(count)

    def add_all(self, labels: Iterable[str]) -> None:
        for label, count in Tally(labels).items():
            self.add(label, count)


class Metrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "credence_requests",
            "Requests by kind (infer: for decisions; other: probes, metadata, metrics, the admin port) and status",
            ["kind", "status"],
            registry=registry,
        )
        # Counters start at 0 here. Prometheus would miss the first failure if the counter appeared with it.
        self._by_status = {key: self._requests.labels(_kind(key[0]), str(key[1])) for key in _FROM_THE_START}
        self._decisions = _Children(
            Counter("credence_decisions", "Applications answered, by decision", ["decision"], registry=registry)
        )
        self._histories = _Children(
            Counter("credence_histories", "Applications answered, by history", ["history"], registry=registry)
        )
        self._warned = Counter("credence_warned", "Applications answered with a warning", registry=registry)
        self._seconds = Histogram(
            "credence_inference_seconds",
            "Time to check, score and record a request for decisions, from its last byte on",
            buckets=_SECONDS,
            registry=registry,
        )
        self._rows = Histogram("credence_request_rows", "Applications in a request", buckets=_ROWS, registry=registry)
        self._model = Gauge(
            "credence_model", "1 for the live version", ["model", "version", "family"], registry=registry
        )
        self._history = Gauge(
            "credence_history_timestamp_seconds",
            "The day that the client history is of; absent without one",
            ["model", "version"],
            registry=registry,
        )

    def watch(self, log: Log, shipper: Shipper | None) -> None:
        """Add gauges for the log and its shipping, which are read at each scrape."""
        self._gauge("credence_log_bytes", "Size of the prediction log", lambda: log.bytes)
        self._gauge("credence_log_limit_bytes", "Size that the prediction log may have", lambda: log.limit_bytes)
        self._gauge("credence_log_full", "1 if nothing more can be recorded", lambda: log.full)
        self._gauge("credence_log_waiting", "Records that the monitor has not acknowledged", lambda: log.lag()[0])
        self._gauge(
            "credence_log_waiting_bytes", "Size of the records that the monitor has not acknowledged", log.waiting_bytes
        )
        self._gauge(
            "credence_log_waiting_seconds",
            "Age of the oldest record that the monitor has not acknowledged",
            lambda: log.lag()[1],
        )
        self._gauge("credence_log_answered", "Records written by this process", lambda: log.answered)
        self._gauge("credence_log_torn", "Torn ends cut from what dead processes left", lambda: log.torn)
        self._gauge("credence_log_expired", "Records deleted unshipped, past the retention", lambda: log.expired)
        if shipper is not None:
            self._gauge("credence_shipped", "Records acknowledged by the monitor", lambda: shipper.shipped)
            self._gauge("credence_ship_refused", "Records the monitor refused for good", lambda: shipper.refused)
            self._gauge("credence_ship_failures", "Attempts to ship that failed", lambda: shipper.failures)

    def show(self, model: Model | None) -> None:
        """Set the live version."""
        self._model.clear()
        self._history.clear()
        if model is None:
            return
        self._model.labels(model.name, model.version, model.manifest.family).set(1)
        if model.history_date is not None:
            at = datetime.combine(model.history_date, time.min, UTC).timestamp()
            self._history.labels(model.name, model.version).set(at)

    def requested(self, infer: bool, status: int) -> None:
        """Count one request, answered or refused; `infer` means a request for decisions."""
        child = self._by_status.get((infer, status))
        if child is None:
            child = self._by_status[infer, status] = self._requests.labels(_kind(infer), str(status))
        child.inc()

    def answered(self, scored: Scored, seconds: float) -> None:
        """Count the applications of one request after they were recorded."""
        rows = len(scored.probability)
        self._seconds.observe(seconds)
        self._rows.observe(rows)
        if rows == 1:
            self._decisions.add(scored.decision[0])
            self._histories.add(scored.statuses[0])
        else:
            self._decisions.add_all(scored.decision)
            self._histories.add_all(scored.statuses)
        if scored.applications.warnings:
            self._warned.inc(len(scored.applications.warnings))

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self._registry)

    def _gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        Gauge(name, text, registry=self._registry).set_function(read)


def _kind(infer: bool) -> str:
    return "infer" if infer else "other"
