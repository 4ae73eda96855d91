"""The store's status as Prometheus text."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from monitoring.store import Status

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class _Figures(Collector):
    def __init__(self, status: Status) -> None:
        self._status = status

    def collect(self) -> Iterable[Metric]:
        account = self._status.account
        yield _counter("received", "Records that predictors sent and the store took.", account.received)
        yield _counter("duplicates", "Records that were sent again and ignored.", account.duplicates)
        yield _counter("expired", "Records that the retention deleted.", self._status.expired)
        yield _gauge("answered", "Records that predictors say they wrote.", account.answered)
        yield _gauge("missing", "Records answered and not received.", account.missing)
        yield _gauge("completeness", "Share of the answered records that were received.", account.share)
        yield _gauge("lag_seconds", "How far what was received trails what was answered.", account.lag_seconds)
        yield _gauge("forgotten", "Records whose clients were forgotten.", self._status.forgotten)
        stored = GaugeMetricFamily("credence_records_stored", "Records in the store.", labels=["version"])
        for version, count in self._status.versions.items():
            stored.add_metric([version], count)
        yield stored


def text(status: Status) -> bytes:
    """A status as the answer to a scrape."""
    registry = CollectorRegistry()
    registry.register(_Figures(status))
    return generate_latest(registry)


def _counter(name: str, help_text: str, value: float) -> Metric:
    return CounterMetricFamily(f"credence_records_{name}", help_text, value=value)


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"credence_records_{name}", help_text, value=value)
