"""Draws the drift report of a window's or a file's applications."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from flows.clients.monitor import fetch_records
from flows.deploy.home import local_version
from flows.errors import FlowError
from flows.runs.applications import batches_of
from flows.settings import PlatformSettings
from flows.steps import Say
from serving.batch.score import BatchScorer
from serving.process.settings import VersionSettings, gather
from serving.version import Model, Scored, open_model
from training.bundle import Bundle

if TYPE_CHECKING:
    from monitoring.pages.evidently import DrawnReport

_WINDOW = re.compile(r"(?P<version>[0-9]+)-[0-9]+")


def report_window(settings: PlatformSettings, window: str, out: Path, say: Say) -> DrawnReport:
    """Draw a window's records; returns the figures of the page. Raises NotUp, FlowError, BundleError."""
    match = _WINDOW.fullmatch(window)
    if match is None:
        raise FlowError(f"window: expected an id like 3-12, as the review pages name it, got {window!r}")
    bundle = _bundle(settings, local_version(settings, match["version"], say))
    records = fetch_records(settings, window)
    return _draw(bundle, records, out, f"window {window}", say)


def report_file(settings: PlatformSettings, file: Path, version: str | None, out: Path, say: Say) -> DrawnReport:
    """Draw a file's applications, with the answers of a version, by default the live one; returns the page's figures.

    Raises DataError, FlowError, BundleError.
    """
    number = local_version(settings, version, say)
    bundle = _bundle(settings, number)
    chosen = gather(VersionSettings, {"models": settings.models, "version": number}, os.environ)
    model = open_model(chosen.models, number, "", unknown=chosen.unknown, history_days=chosen.history_days)
    records, unanswered = answered(file, BatchScorer(model, strict=chosen.unknown == "reject"))
    if unanswered:
        say(f"{unanswered:,} applications cannot be answered and are left out")
    return _draw(bundle, records, out, f"{file.name}, version {number}", say)


def answered(file: Path, scorer: BatchScorer) -> tuple[pa.Table, int]:
    """A file's applications with their probabilities, and the number that the predictor would refuse.

    Raises DataError, and FlowError if it would refuse all of them.
    """
    tables, rows = [], 0
    for batch in batches_of(file, scorer.model.manifest):
        rows += batch.rows
        scored = scorer.score(batch).scored
        tables += [] if scored is None else [_table(scored, scorer.model)]
    if not tables:
        raise FlowError(f"{file}: expected applications that can be answered, found none in {rows} rows")
    records = pa.concat_tables(tables)
    return records, rows - len(records)


def _table(scored: Scored, model: Model) -> pa.Table:
    columns = scored.rows.columns(model.manifest)
    return pa.table({**columns, "probability": pa.array(scored.probability, pa.float64())})


def _bundle(settings: PlatformSettings, version: str) -> Bundle:
    path = settings.models / version
    if not path.is_dir():
        raise FlowError(f"version: expected one that was live here, got {version!r}: {path} is not there")
    return Bundle.open(path)


def _draw(bundle: Bundle, records: pa.Table, out: Path, about: str, say: Say) -> DrawnReport:
    say(f"drawing {len(records):,} applications, which takes about half a minute")
    from monitoring.pages.evidently import ReportError, draw  # the import takes ten seconds

    try:
        return draw(bundle, records.to_batches(), out, about)
    except ReportError as error:
        raise FlowError(str(error)) from error
