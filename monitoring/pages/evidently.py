"""The Evidently report of a window: the page that reviewers may know already, with the verdict's own drift figures.

`python -m monitoring.pages.evidently --bundle DIR --records FILE --out FILE`, a process of its own: importing Evidently
takes ten seconds and 300 MB, which the monitor has no use for.

Evidently drops missing values before it asks a drift test, so its test cannot see that a column became half missing.
Ours is registered as its test under a name of its own and answers what `monitoring.judging.drift` found on all rows.
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

os.environ["DO_NOT_TRACK"] = "1"  # before Evidently is imported, which reads it then

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
"""A column takes about 40 kB of the page, its programs 3.5 MB: together below 10 MB."""
FEWEST_DEFAULTS = 10
"""In the reference and among the records, before rates of them are drawn."""
_SCORE = "probability"
_OUTCOME = "outcome"
_MISSING = "missing"


class ReportError(Exception):
    """Records that no report can be drawn of; the message says why."""


def draw(bundle: Bundle, records: pa.Table, out: Path, about: str) -> Window:
    """Draw records beside a bundle's reference; write `out` whole or not at all, and return the figures in it.

    `records` has the columns of a window's Arrow stream; `about` says what they are. Raises ReportError, BundleError.
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
    """The score, what drifted, all fields, and then the weightiest history features, as many as the page can hold."""
    order = sorted(window.columns, key=lambda one: (not one.drifted, one.kind != "field", -one.weight))
    chosen = {one.name for one in order[: MOST_COLUMNS - 1]}
    return (window.score, *(one for one in window.columns if one.name in chosen))


def drift_snapshot(manifest: Manifest, reference: pa.Table, records: pa.Table, shown: Sequence[Comparison]) -> Any:
    """Evidently's drift preset over these columns, by our figures."""
    _register({one.name: one for one in shown})
    names = [one.name for one in shown]
    then, now = (_frame(manifest, table, names) for table in (reference, records))
    _replace_empty(then, now)
    texts = [name for name in names if then[name].dtype == object]
    definition = DataDefinition(
        numerical_columns=[name for name in names if name not in texts], categorical_columns=texts
    )
    preset = DataDriftPreset(
        columns=names,
        method=METHOD,
        per_column_threshold={one.name: max(PSI_THAT_MATTERS, one.noise) for one in shown},
    )
    current, before = (Dataset.from_pandas(frame, data_definition=definition) for frame in (now, then))
    return Report([preset], include_tests=True).run(current, before)


def outcome_snapshot(manifest: Manifest, reference: pa.Table, records: pa.Table) -> Any | None:
    """Evidently's classification preset over the rows whose outcomes are known; None where too few are."""
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


def _register(found: Mapping[str, Comparison]) -> None:
    def answer(_: pd.Series, current: pd.Series, __: ColumnType, threshold: float) -> tuple[float, bool]:
        shift = found[str(current.name)].psi
        return shift, shift >= threshold

    test = StatTest(
        name=METHOD,
        display_name="PSI with bins for missing and unseen values",
        allowed_feature_types=[ColumnType.Numerical, ColumnType.Categorical],
        default_threshold=PSI_THAT_MATTERS,
    )
    register_stattest(test, answer)


def _chunk(manifest: Manifest, records: pa.Table) -> Chunk:
    """Records as drift is looked for in them; what else a chunk tells is not drawn."""
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
    """Columns as Evidently draws them: numbers with NaN for missing, anomalies too; texts with a level for missing."""
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
    """Turn numbers that are all missing on a side into two levels: Evidently refuses a column without values."""
    for name in frames[0].columns:
        if any(frame[name].isna().all() for frame in frames):
            for frame in frames:
                frame[name] = np.where(frame[name].isna(), _MISSING, "a number").astype(object)


def _group(title: str, snapshot: Any) -> Any:
    return group_widget(title=title, widgets=snapshot.to_snapshot_model().widgets)


def _drop_templates(part: Any) -> None:
    """Take plotly's template, which is repeated in each of some 400 figures, half of the page, out of them."""
    if isinstance(part, dict):
        if isinstance(part.get("layout"), dict):
            part["layout"].pop("template", None)
        inside = list(part.values())
    elif isinstance(part, list | tuple):
        inside = list(part)
    else:
        inside = list(getattr(part, "__dict__", {}).values())
    for one in inside:
        if not isinstance(one, str | int | float | None):
            _drop_templates(one)


def _heading(manifest: Manifest, window: Window, shown: Sequence[Comparison], about: str) -> str:
    left_out = len(window.columns) + 1 - len(shown)
    return (
        f"## {escape(manifest.model)}: {escape(about)}\n\n{window.rows:,} applications beside the model's hold-out. "
        f"{sum(one.drifted for one in window.columns)} of {len(window.columns)} columns drifted, "
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
    asked = parser.parse_args(arguments)
    try:
        with pa.ipc.open_stream(asked.records) as stream:
            records = stream.read_all()
        draw(Bundle.open(asked.bundle), records, asked.out, asked.about)
    except (BundleError, ReportError, OSError, pa.ArrowException) as error:
        print(error, file=sys.stderr)  # noqa: T201 - the process's answer
        return 1
    return 0


if __name__ == "__main__":
    os.nice(5)  # nobody waits for it as for what else this machine does
    sys.exit(main())
