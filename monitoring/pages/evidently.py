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
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

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

from monitoring.judging.drift import PSI_THAT_MATTERS
from monitoring.judging.reference import DriftFigures, Reference, compare, count
from monitoring.verdict import Comparison
from training.bundle import Bundle, BundleError, Manifest, Rows

METHOD = "psi_of_the_verdict"
MOST_COLUMNS = 150
"""A column takes about 40 kB of the page, the page's scripts 3.5 MB: together below 10 MB."""
MOST_DRAWN = 5_000
"""Rows that Evidently draws on each side, chosen at random if there are more: it needs about 100 kB for each."""
FEWEST_DEFAULTS = 10
"""Fewest defaults, and fewest repayments, in the reference and in the records; with fewer, outcomes are not drawn."""
_SCORE = "probability"
_OUTCOME = "outcome"
_MISSING = "missing"


class DrawnReport(NamedTuple):
    """What a report is about: the number of records, and their drift figures."""

    rows: int
    drift: DriftFigures


class ReportError(Exception):
    """Records from which no report can be drawn; the message says why."""


def draw(bundle: Bundle, batches: Iterable[pa.RecordBatch], out: Path, about: str) -> DrawnReport:
    """Draw records beside a bundle's reference, and return the figures. `out` is written completely or not at all.

    The batches have the columns of a window's Arrow stream, and are never in memory together; `about` describes them.
    All records count in the figures, at most MOST_DRAWN are drawn. Raises ReportError, BundleError.
    """
    drawn, records = _read(bundle, batches, about)
    reference = _Sample().add(bundle.reference()).table()
    shown = choose(drawn.drift)
    drift = drift_snapshot(bundle.manifest, reference, records, shown)
    widgets = [text_widget(text=_heading(bundle.manifest, drawn, shown, about)), _group("Drift", drift)]
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
    return drawn


def choose(drift: DriftFigures) -> tuple[Comparison, ...]:
    """The columns for the page: the score, drifted columns, fields, then history features by weight; MOST_COLUMNS."""
    order = sorted(drift.columns, key=lambda column: (not column.drifted, column.kind != "field", -column.weight))
    chosen = {column.name for column in order[: MOST_COLUMNS - 1]}
    return (drift.score, *(column for column in drift.columns if column.name in chosen))


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


def _read(bundle: Bundle, batches: Iterable[pa.RecordBatch], about: str) -> tuple[DrawnReport, pa.Table]:
    """The drift figures of all records, and the records that are drawn."""
    reference, sample = Reference.of(bundle), _Sample()
    rows, counts = 0, None
    for batch in batches:
        some = pa.Table.from_batches([batch])
        probability = some.column(_SCORE).to_numpy().astype(np.float64)
        found = count(reference, Rows.from_table(some, bundle.manifest), probability)
        counts = found if counts is None else [a + b for a, b in zip(counts, found, strict=True)]
        rows += len(some)
        sample.add(some)
    if counts is None or not rows:
        raise ReportError(f"{about}: expected records, got none")
    return DrawnReport(rows, compare(reference, counts)), sample.table()


class _Sample:
    """At most MOST_DRAWN of the rows that are added, each with the same chance, in their order.

    Each row draws a number, and the rows with the smallest stay (Fan, Muller and Rezucha, 1962).
    """

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)
        self._kept: list[pa.Table] = []
        self._numbers = np.empty(0)

    def add(self, rows: pa.Table) -> _Sample:
        self._kept.append(rows)
        self._numbers = np.concatenate([self._numbers, self._random.random(len(rows))])
        if len(self._numbers) > 2 * MOST_DRAWN:
            self._thin()
        return self

    def table(self) -> pa.Table:
        self._thin()
        return pa.concat_tables(self._kept)

    def _thin(self) -> None:
        if len(self._numbers) > MOST_DRAWN:
            chosen = np.sort(np.argpartition(self._numbers, MOST_DRAWN)[:MOST_DRAWN])
            self._kept = [pa.concat_tables(self._kept).take(chosen)]
            self._numbers = self._numbers[chosen]


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


def _heading(manifest: Manifest, drawn: DrawnReport, shown: Sequence[Comparison], about: str) -> str:
    drift = drawn.drift
    left_out = len(drift.columns) + 1 - len(shown)
    return (
        f"## {escape(manifest.model)}: {escape(about)}\n\n{drawn.rows:,} applications beside the model's hold-out. "
        + (f"All of them count in the PSI; {MOST_DRAWN:,} drawn at random are shown. " * (drawn.rows > MOST_DRAWN))
        + f"{sum(column.drifted for column in drift.columns)} of {len(drift.columns)} columns drifted, "
        f"{drift.drifted_weight:.1%} of what moves the score. A column drifted where its PSI is {PSI_THAT_MATTERS} or "
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
            draw(Bundle.open(options.bundle), stream, options.out, options.about)
    except (BundleError, ReportError, OSError, pa.ArrowException) as error:
        print(error, file=sys.stderr)  # noqa: T201 - the process's error message
        return 1
    return 0


if __name__ == "__main__":
    os.nice(5)  # other work on this machine is more urgent
    sys.exit(main())
