"""The Evidently report of a window: a page that reviewers may know already, with the verdict's drift figures.

`python -m monitoring.pages.evidently --bundle DIR --records FILE --out FILE` runs as a separate process, because
importing Evidently takes ten seconds and 300 MB.

Evidently drops missing values before it runs a drift test. So its tests cannot see that half of a column became
missing. Therefore our own test is registered under its own name. It returns the figures of `monitoring.judging.drift`,
which include all rows.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

os.environ["DO_NOT_TRACK"] = "1"  # Evidently reads this when it is imported

from evidently import BinaryClassification, DataDefinition, Dataset, Report
from evidently.core.metric_types import render_widgets
from evidently.legacy.calculations.stattests import StatTest, register_stattest
from evidently.legacy.core import ColumnType
from evidently.legacy.renderers.html_widgets import group_widget, text_widget
from evidently.presets import ClassificationPreset, DataDriftPreset

from monitoring.judging.arrays import Chunk
from monitoring.judging.drift import PSI_THAT_MATTERS
from monitoring.judging.reference import Reference, describe
from monitoring.verdict import Comparison, Window
from training.bundle import Bundle, BundleError, Manifest, Rows

METHOD = "psi_of_the_verdict"
MOST_COLUMNS = 150
"""A column takes about 40 kB of the page, the page's scripts 3.5 MB: together below 10 MB."""
FEWEST_DEFAULTS = 10
"""Fewest defaults, and fewest repayments, in the reference and in the records; with fewer, outcomes are not drawn."""
_SCORE = "probability"
_OUTCOME = "outcome"
_MISSING = "missing"


class ReportError(Exception):
    """Records from which no report can be drawn; the message says why."""


def draw(bundle: Bundle, records: pa.Table, out: Path, about: str) -> Window:
    """Draw records beside a bundle's reference, and return the figures. `out` is written completely or not at all.

    `records` has the columns of a window's Arrow stream; `about` describes them. Raises ReportError, BundleError.
    """
    if not len(records):
        raise ReportError(f"{about}: expected records, got none")
    reference = bundle.reference()
    window = describe(Reference.of(bundle), _chunk(bundle.manifest, records), version="", number=0, since=0, until=0)
    shown = choose(window)
    drift = drift_snapshot(bundle.manifest, reference, records, shown)
    widgets = [text_widget(text=_heading(bundle.manifest, window, shown, about)), _group("Drift", drift)]
    outcomes = outcome_snapshot(bundle.manifest, reference, records)
    if outcomes is not None:
        widgets.append(_group("Outcomes, unweighted", outcomes))
    widgets += drift.to_snapshot_model().tests_widgets
    out.parent.mkdir(parents=True, exist_ok=True)
    _drop_templates(widgets)
    unfinished = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        unfinished.write_text(render_widgets(widgets), encoding="utf-8")
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
    return window


def choose(window: Window) -> tuple[Comparison, ...]:
    """The columns for the page: the score, drifted columns, fields, then history features by weight; MOST_COLUMNS."""
    order = sorted(window.columns, key=lambda column: (not column.drifted, column.kind != "field", -column.weight))
    chosen = {column.name for column in order[: MOST_COLUMNS - 1]}
    return (window.score, *(column for column in window.columns if column.name in chosen))


def drift_snapshot(manifest: Manifest, reference: pa.Table, records: pa.Table, shown: Sequence[Comparison]) -> Any:
    """Evidently's drift preset over these columns, with our figures."""
    _register({column.name: column for column in shown})
    names = [column.name for column in shown]
    then, now = (_frame(manifest, table, names) for table in (reference, records))
    _replace_empty(then, now)
    texts = [name for name in names if then[name].dtype == object]
    definition = DataDefinition(
        numerical_columns=[name for name in names if name not in texts], categorical_columns=texts
    )
    preset = DataDriftPreset(
        columns=names,
        method=METHOD,
        per_column_threshold={column.name: max(PSI_THAT_MATTERS, column.noise) for column in shown},
    )
    current, before = (Dataset.from_pandas(frame, data_definition=definition) for frame in (now, then))
    return Report([preset], include_tests=True).run(current, before)


def outcome_snapshot(manifest: Manifest, reference: pa.Table, records: pa.Table) -> Any | None:
    """Evidently's classification preset over the rows with known outcomes; None if these are too few."""
    frames = []
    for table in (records, reference):
        known = table.filter(table.column(_OUTCOME).is_valid()) if _OUTCOME in table.column_names else table.slice(0, 0)
        defaults = pc.sum(known.column(_OUTCOME)).as_py() or 0 if len(known) else 0
        if defaults < FEWEST_DEFAULTS or len(known) - defaults < FEWEST_DEFAULTS:
            return None
        frames.append(
            pd.DataFrame(
                {
                    _SCORE: known.column(_SCORE).to_numpy().astype(np.float64),
                    _OUTCOME: known.column(_OUTCOME).to_numpy(zero_copy_only=False).astype(np.int64),
                }
            )
        )
    definition = DataDefinition(classification=[BinaryClassification(target=_OUTCOME, prediction_probas=_SCORE)])
    current, before = (Dataset.from_pandas(frame, data_definition=definition) for frame in frames)
    return Report([ClassificationPreset(probas_threshold=manifest.policy.threshold)]).run(current, before)


def _register(comparisons: Mapping[str, Comparison]) -> None:
    def answer(_: pd.Series, current: pd.Series, __: ColumnType, threshold: float) -> tuple[float, bool]:
        shift = comparisons[str(current.name)].psi
        return shift, shift >= threshold

    test = StatTest(
        name=METHOD,
        display_name="PSI with bins for missing and unseen values",
        allowed_feature_types=[ColumnType.Numerical, ColumnType.Categorical],
        default_threshold=PSI_THAT_MATTERS,
    )
    register_stattest(test, answer)


def _chunk(manifest: Manifest, records: pa.Table) -> Chunk:
    """Records as a chunk; only the values that the drift figures need are real."""
    probability = records.column(_SCORE).to_numpy().astype(np.float64)
    count = len(probability)
    return Chunk(
        rows=Rows.from_table(records, manifest),
        probability=probability,
        refused=probability >= manifest.policy.threshold,
        warned=np.zeros(count, np.bool_),
        histories=["not asked"] * count,
        outcome=np.full(count, -1, np.int8),
        weight=np.full(count, np.nan),
    )


def _frame(manifest: Manifest, table: pa.Table, names: Sequence[str]) -> pd.DataFrame:
    """Columns for Evidently: numbers with NaN for missing values and anomalies, texts with a level for missing."""
    fields = {field.name: field for field in manifest.fields}
    columns: dict[str, Any] = {}
    for name in names:
        field = fields.get(name)
        if field is not None and field.datatype == "BYTES":
            columns[name] = np.array(table.column(name).fill_null(_MISSING).to_pylist(), object)
            continue
        values = table.column(name).to_numpy().astype(np.float64)
        anomalies = [value for value in field.anomalies if not isinstance(value, str)] if field else []
        columns[name] = np.where(np.isin(values, anomalies), np.nan, values)
    return pd.DataFrame(columns)


def _replace_empty(*frames: pd.DataFrame) -> None:
    """Replace a column that is all missing on one side with two levels: Evidently refuses a column without values."""
    for name in frames[0].columns:
        if any(frame[name].isna().all() for frame in frames):
            for frame in frames:
                frame[name] = np.where(frame[name].isna(), _MISSING, "a number").astype(object)


def _group(title: str, snapshot: Any) -> Any:
    return group_widget(title=title, widgets=snapshot.to_snapshot_model().widgets)


def _drop_templates(part: Any) -> None:
    """Remove plotly's template from all figures: it is repeated in each of about 400, and makes half of the page."""
    if isinstance(part, dict):
        if isinstance(part.get("layout"), dict):
            part["layout"].pop("template", None)
        inside = list(part.values())
    elif isinstance(part, list | tuple):
        inside = list(part)
    else:
        inside = list(getattr(part, "__dict__", {}).values())
    for value in inside:
        if not isinstance(value, str | int | float | None):
            _drop_templates(value)


def _heading(manifest: Manifest, window: Window, shown: Sequence[Comparison], about: str) -> str:
    left_out = len(window.columns) + 1 - len(shown)
    return (
        f"## {escape(manifest.model)}: {escape(about)}\n\n{window.rows:,} applications beside the model's hold-out. "
        f"{sum(column.drifted for column in window.columns)} of {len(window.columns)} columns drifted, "
        f"{window.drifted_weight:.1%} of what moves the score. A column drifted where its PSI is {PSI_THAT_MATTERS} or "
        "more and more than chance; missing and unseen values are bins of their own, which the drawings leave out. "
        "What is said below of the data set as a whole counts columns alike; the verdict weighs them."
        + (f" {left_out} history features that weigh least are not drawn." if left_out else "")
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw one report; 0 when drawn, 1 with a message when not."""
    parser = argparse.ArgumentParser(
        prog="python -m monitoring.pages.evidently", description="Draw records as a report."
    )
    parser.add_argument("--bundle", type=Path, required=True, help="folder of the version that answered")
    parser.add_argument("--records", type=Path, required=True, help="Arrow stream as /v1/cohorts/{id}/records has it")
    parser.add_argument("--out", type=Path, required=True, help="the HTML file")
    parser.add_argument("--about", default="records", help="what the records are, for the heading")
    options = parser.parse_args(arguments)
    try:
        with pa.ipc.open_stream(options.records) as stream:
            records = stream.read_all()
        draw(Bundle.open(options.bundle), records, options.out, options.about)
    except (BundleError, ReportError, OSError, pa.ArrowException) as error:
        print(error, file=sys.stderr)  # noqa: T201 - the process's error message
        return 1
    return 0


if __name__ == "__main__":
    os.nice(5)  # other work on this machine is more urgent
    sys.exit(main())
