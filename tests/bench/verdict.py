"""The figures of a verdict on a large window, by the monitor and by Evidently's preset, in one run.

Both get the same rows in the form that each takes, in memory. What the monitor does once a version, reading and fitting
the reference, is shown beside what it does for a window; Evidently does all of it each time. `python -m
tests.bench.verdict` measures this alone.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from monitoring.judging.arrays import Chunk
from monitoring.judging.reference import Reference, describe
from monitoring.judging.rule import Limits, judge
from training.bundle import MODEL, Bundle, Calibration, Contents, Field, Manifest, Policy, Rows, write
from training.bundle.bundle import hash_clients
from training.bundle.manifest import FORMAT
from training.candidates.constant import FittedConstant
from training.features.fields import describe as describe_fields
from training.features.fields import rows_of
from training.features.graph import features_from
from training.products.home_credit import PRODUCT
from training.runs.assemble import assemble
from training.synthetic import synthesise

CLIENTS, ROWS = 100_000, 50_000
AIM = 20.0
_ROUNDS = 5
_NONE = Calibration(slope=1.0, intercept=0.0)
_POLICY = Policy(cost_fn=10, cost_fp=1, threshold=0.09, threshold_low=0.08, threshold_high=0.1)


@dataclass(frozen=True)
class Judging:
    """Seconds of one window's figures."""

    rows: int
    reference: int
    """Rows that it is compared with."""
    fields: int
    ours: float
    """Median of the rounds: from rows to verdict."""
    fitting: float
    """Once a version: from the bundle to the fitted reference."""
    evidently: float
    """From frames to the preset's result, without its page; once."""

    @property
    def times(self) -> float:
        """How many times as fast the verdict is."""
        return self.evidently / self.ours

    @property
    def times_with_fitting(self) -> float:
        """The same, were the reference fitted for each window."""
        return self.evidently / (self.ours + self.fitting)


def measure(lender: Path, folder: Path) -> Judging:
    """Measure on a synthetic lender of at least CLIENTS: half of the applications are the window."""
    applications = pl.read_parquet(lender / "application_train.parquet").head(2 * ROWS)
    held_out, answered = applications[:ROWS], applications[ROWS:]
    bundle = _bundle(held_out, folder)
    began = time.perf_counter()
    reference = Reference.of(bundle)
    fitting = time.perf_counter() - began
    rows = _rows(answered, bundle.manifest.fields)
    chunk = _chunk(rows)
    ours = median(_seconds(lambda: _judge(reference, chunk)) for _ in range(_ROUNDS))
    return Judging(
        rows=len(rows),
        reference=len(bundle.reference()),
        fields=len(bundle.manifest.fields),
        ours=ours,
        fitting=fitting,
        evidently=_evidently(bundle, rows),
    )


def table(judging: Judging) -> list[str]:
    """The measurement as lines of Markdown."""
    aimed = f"aim {AIM:g}x" if judging.times >= AIM else f"aim {AIM:g}x, missed"
    about = f"{judging.rows:,} rows of {judging.fields} fields beside {judging.reference:,}"
    each_time = f"{judging.times_with_fitting:.0f}x, were it done each time"
    return [
        f"| {about} | Seconds | The verdict beside it |",
        "|---|--:|--:|",
        f"| Verdict, from the rows on | {judging.ours:.2f} |  |",
        f"| Evidently's `DataDriftPreset` | {judging.evidently:.1f} | {judging.times:.0f}x ({aimed}) |",
        f"| Fitting the reference, once a version | {judging.fitting:.2f} | {each_time} |",
    ]


def _bundle(applications: pl.DataFrame, folder: Path) -> Bundle:
    """A bundle of a constant: drift is looked for in the same way whatever the model."""
    fields = describe_fields(applications, PRODUCT.fields)
    features = features_from(PRODUCT, fields, [], ())
    outcome = applications["TARGET"].to_numpy().astype(bool)
    fitted = FittedConstant(float(np.log(outcome.mean() / (1 - outcome.mean()))), len(features))
    rows = _rows(applications, fields)
    manifest = Manifest(
        format=FORMAT,
        model=MODEL,
        family="constant",
        fields=fields,
        history=(),
        features=features,
        reasons=PRODUCT.reasons,
        policy=_POLICY,
        calibration=_NONE,
        metrics={},
        allowed=(),
        alarms=(),
        fingerprint="",
        seed=0,
        libraries={},
    )
    contents = Contents(
        manifest=manifest,
        graph=assemble(PRODUCT, fields, (), features, fitted, _NONE),
        text=None,
        held_out=rows,
        probability=_probability(len(rows)),
        outcome=pa.array(outcome),
        weight=pa.array(np.ones(len(rows))),
        background=rows.take(slice(0, 1000)),
        training_ids=hash_clients([]),
    )
    folder.mkdir(parents=True, exist_ok=True)
    write(contents, folder)
    return Bundle.open(folder)


def _judge(reference: Reference, chunk: Chunk) -> None:
    window = describe(reference, chunk, version="1", number=1, since=0, until=1)
    judge([window], [], 1.0, 0.0, Limits(), model=MODEL, version="1", at=1)


def _evidently(bundle: Bundle, rows: Rows) -> float:
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    manifest = bundle.manifest
    then = Rows.from_table(bundle.reference(), manifest)
    # Without the columns that it refuses: those without any value.
    whole = [_frame(side, manifest) for side in (rows, then)]
    kept = [name for name in whole[0] if all(frame[name].notna().any() for frame in whole)]
    frames = [frame[kept] for frame in whole]
    numbers = [field.name for field in manifest.numeric if field.name in kept]
    definition = DataDefinition(
        numerical_columns=numbers, categorical_columns=[name for name in kept if name not in numbers]
    )

    def draw() -> None:
        current, before = (Dataset.from_pandas(frame, data_definition=definition) for frame in frames)
        Report([DataDriftPreset()]).run(current, before)

    return _seconds(draw)


def _frame(rows: Rows, manifest: Manifest) -> Any:
    import pandas as pd

    return pd.DataFrame({name: column.to_pandas() for name, column in rows.columns(manifest).items()})


def _chunk(rows: Rows) -> Chunk:
    count = len(rows)
    probability = _probability(count)
    return Chunk(
        rows=rows,
        probability=probability,
        refused=probability >= _POLICY.threshold,
        warned=np.zeros(count, np.bool_),
        histories=["none"] * count,
        outcome=np.full(count, -1, np.int8),
        weight=np.full(count, np.nan),
    )


def _probability(count: int) -> npt.NDArray[np.float64]:
    return np.random.default_rng(0).beta(1, 11, count)


def _rows(applications: pl.DataFrame, fields: Sequence[Field]) -> Rows:
    """Applications without any history."""
    rows = rows_of(applications, fields, applications.select("SK_ID_CURR"))
    return Rows(rows.numeric, rows.categorical, np.empty((len(rows), 0), np.float32))


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="credence-bench-") as place:
        synthesise(CLIENTS, Path(place) / "lender")
        print("\n".join(table(measure(Path(place) / "lender", Path(place) / "bundle"))))
