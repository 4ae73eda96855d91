"""A figure that a page promises is the one in the code."""

from __future__ import annotations

import re

import pytest

from flows.settings import PlatformSettings
from monitoring.api import app, verdicts
from monitoring.settings import MonitorSettings
from serving.predictor.app import BODIES_AT_ONCE
from serving.predictor.service import INLINE_ROWS, LISTED_WARNINGS
from serving.predictor.settings import PredictorSettings
from serving.protocol.errors import LONGEST_QUOTE
from serving.protocol.rest import LONGEST_ID
from serving.protocol.shapes import MOST_ROWS
from serving.protocol.warnings import LONGEST_TEXT
from tests.docs.pages import ROOT
from training.bundle.manifest import FORMAT
from training.bundle.writing import REPLAYED
from training.rows.recent import FEWEST_DEFAULTS
from training.runs.train import Options

PREDICTOR = PredictorSettings(models=ROOT)
MIB = 1 << 20
PROMISED = [
    ("README.md", f"| {PlatformSettings().http_port} | the predictor"),
    ("README.md", f"| {PlatformSettings().admin_port} | its admin port"),
    ("README.md", f"| {PlatformSettings().monitor_port} | the monitor"),
    ("README.md", f"| {PlatformSettings().mlflow_port} | the model registry"),
    ("docs/api.md", f"| Body | {PREDICTOR.body_bytes // MIB} MB (`CREDENCE_BODY_BYTES`)"),
    ("docs/api.md", f"after {PREDICTOR.idle_seconds:g} s (`CREDENCE_IDLE_SECONDS`"),
    ("docs/api.md", f"within {PREDICTOR.body_seconds:g} s (`CREDENCE_BODY_SECONDS`)"),
    ("docs/api.md", f"`Connection: close` for {PREDICTOR.drain_seconds:g} s (`CREDENCE_DRAIN_SECONDS`)"),
    ("docs/api.md", f"for up to {PREDICTOR.ship_seconds:g} s (`CREDENCE_SHIP_SECONDS`)"),
    ("docs/api.md", f"older than `CREDENCE_HISTORY_DAYS` ({PREDICTOR.history_days})"),
    ("docs/api.md", f"| Applications | {MOST_ROWS} in a request |"),
    ("docs/api.md", f"| All bodies held at once | {BODIES_AT_ONCE * PREDICTOR.body_bytes // MIB} MB;"),
    ("docs/api.md", f"| `id` | {LONGEST_ID} characters, no control characters |"),
    ("docs/api.md", f"| A text value | {LONGEST_TEXT} characters, no NUL |"),
    ("docs/api.md", f"| Warnings in an answer | {LISTED_WARNINGS} lines"),
    ("docs/api.md", f"| Values quoted in an error | {LONGEST_QUOTE} characters |"),
    ("docs/api.md", f"More than {INLINE_ROWS} applications"),
    ("docs/bundle.md", f"`FORMAT` is {FORMAT}."),
    ("docs/bundle.md", f"| {REPLAYED} hold-out applications"),
    ("docs/records.md", f"up to {PREDICTOR.log_bytes // MIB // 1024} GB (`CREDENCE_LOG_BYTES`)"),
    ("docs/records.md", f"ships what is left for up to {PREDICTOR.ship_seconds:g} s (`CREDENCE_SHIP_SECONDS`)"),
    ("docs/records.md", f"| The prediction log | {PREDICTOR.retention_days:g} |"),
    ("docs/monitoring.md", f"`CREDENCE_MONITOR_REVIEW_SECONDS` ({MonitorSettings().monitor_review_seconds:g})"),
    ("docs/monitoring.md", f"`CREDENCE_MONITOR_COOLDOWN_HOURS` ({MonitorSettings().monitor_cooldown_hours:g})"),
    ("docs/monitoring.md", f"{MonitorSettings().monitor_window_rows:,} of them, or a week's"),
    ("docs/records.md", f"| The monitor | {MonitorSettings().monitor_retention_days:g} |"),
    ("docs/training.md", f"fewer than {FEWEST_DEFAULTS} defaults"),
    ("docs/training.md", f"an AUC above {Options().auc_alone:g} alone"),
    ("docs/training.md", f"hold-out AUC above {Options().auc_alarm:g} is implausible"),
    ("docs/training.md", f"an accepted default ({Options().costs.fn:g})"),
    ("docs/training.md", f"a refused good client ({Options().costs.fp:g})"),
]


@pytest.mark.parametrize(("page", "promise"), PROMISED, ids=lambda value: value[:40])
def test_page_says_what_holds(page: str, promise: str) -> None:
    assert promise in re.sub(r"\s+", " ", (ROOT / page).read_text())


def test_records_page_lists_every_path() -> None:
    text = (ROOT / "docs" / "records.md").read_text()
    listed = set(re.findall(r"`((?:GET|POST|PUT|DELETE) /[^`]+)`", text))
    routes = [*app.router.routes, *verdicts.router.routes]
    assert listed == {f"{method} {route.path}" for route in routes for method in route.methods}
