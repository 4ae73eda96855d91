"""Decisions for a file of applications, in batches, with the same code as the predictor.

Each column becomes the tensor of its name. So refusals, warnings and every last bit are the same as over HTTP. If the
predictor would refuse an application, its row has an error instead of a decision.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from serving.batch.files import FileBatch, FileError, read_batches
from serving.process.settings import VersionSettings
from serving.protocol.codec import CLIENT
from serving.protocol.errors import Refused
from serving.protocol.tensors import Tensor
from serving.reasons import MOST_REASONS, find_reasons
from serving.version import Model, Scored, open_model, path_of
from training.bundle import Bundle

Say = Callable[[str], None]

_SAY_SECONDS = 2.0
_WRITERS = {".csv": pyarrow.csv.CSVWriter, ".parquet": pyarrow.parquet.ParquetWriter}


@dataclass
class ScoreSummary:
    """The counts of a scored file."""

    rows: int = 0
    refused: int = 0
    unusual: int = 0
    """Applications with an unseen level or a value outside the range of training."""
    ignored: tuple[str, ...] = ()
    """Columns that are not fields of the model."""

    unanswered: int = 0
    """Applications without a decision; each has its error in the output."""
    first_error: str = ""
    """The error of the first of them, with its row."""

    def add(self, decided: Decided, refuse: str) -> None:
        """Count one batch."""
        if decided.errors and not self.unanswered:
            row, error = next(iter(decided.errors.items()))
            self.first_error = f"row {self.rows + row + 1}: {error}"
        self.rows += decided.rows
        self.unanswered += len(decided.errors)
        if decided.scored:
            self.refused += decided.scored.decision.count(refuse)
            self.unusual += len(decided.scored.applications.warnings)


@dataclass(frozen=True)
class Decided:
    """A batch of `rows` rows: the scored rows in order, and the errors of the others by row."""

    rows: int
    scored: Scored | None
    errors: Mapping[int, str]


def score_file(source: Path, target: Path, settings: VersionSettings, *, reasons: bool, say: Say) -> ScoreSummary:
    """Decide on every row of `source` as a predictor with these settings would; `target` appears only when complete.

    Raises BundleError. Raises FileError if the file cannot be read or no row of the first batch can be answered.
    """
    if target.suffix not in _WRITERS:
        raise FileError(f"{target}: expected a name that ends in .csv or .parquet, got '{target.suffix}'")
    model = open_model(
        settings.models, settings.version, "", unknown=settings.unknown, history_days=settings.history_days
    )
    explained = Bundle.open(path_of(settings.models, settings.version)) if reasons else None
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        with _WRITERS[target.suffix](str(unfinished), _schema(with_reasons=reasons)) as writer:
            batches = read_batches(source, model.manifest, keep_unknown=settings.unknown == "reject")
            summary = _decide(batches, source, model, explained, writer, say)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return summary


def _decide(
    batches: Iterable[FileBatch], source: Path, model: Model, explained: Bundle | None, writer: Any, say: Say
) -> ScoreSummary:
    summary, reported = ScoreSummary(), time.monotonic()
    for batch in batches:
        decided = _score(model, batch)
        if not summary.rows and decided.scored is None:
            # If all rows of the first batch are wrong, the file probably does not hold applications.
            raise FileError(f"{source}, row 1: {decided.errors[0]}")
        writer.write_table(_table(model, batch, decided, explained))
        summary.add(decided, model.manifest.policy.refuse)
        summary.ignored = batch.ignored
        if time.monotonic() - reported > _SAY_SECONDS:
            reported = time.monotonic()
            say(f"{summary.rows:,} applications")
    if not summary.rows:
        raise FileError(f"{source}: expected a row an application, found none")
    return summary


def _score(model: Model, batch: FileBatch) -> Decided:
    """Score a batch at once; if it is refused, score only the rows that are not refused one by one."""
    try:
        return Decided(batch.rows, model.score(batch.tensors), {})
    except Refused:
        errors = {row: error for row in range(batch.rows) if (error := _refusal(model, batch.take([row])))}
    rest = [row for row in range(batch.rows) if row not in errors]
    return Decided(batch.rows, model.score(batch.take(rest)) if rest else None, errors)


def _refusal(model: Model, tensors: Sequence[Tensor]) -> str:
    try:
        model.score(tensors)
    except Refused as refused:
        return str(refused)
    return ""


def _schema(*, with_reasons: bool) -> pa.Schema:
    texts = ["classe", "version", "history", "error"]
    if with_reasons:
        texts += [f"{word}_{number}" for number in range(1, MOST_REASONS + 1) for word in ("raison", "reason")]
    named = [(CLIENT, pa.int64()), ("probabilite_de_defaut", pa.float64())]
    return pa.schema([*named, *((text, pa.string()) for text in texts)])


def _table(model: Model, batch: FileBatch, decided: Decided, explained: Bundle | None) -> pa.Table:
    """The decisions and errors of the batch, in the order of the file."""
    schema = _schema(with_reasons=explained is not None)
    columns = _columns(model, decided.scored, explained) if decided.scored else {}
    places = iter(range(decided.rows))
    order = pa.array([None if row in decided.errors else next(places) for row in range(decided.rows)], pa.int32())
    columns = {name: pa.array(values, schema.field(name).type).take(order) for name, values in columns.items()}
    columns[CLIENT] = _clients(batch)
    columns["error"] = [decided.errors.get(row) for row in range(decided.rows)]
    nothing = pa.nulls(decided.rows)
    return pa.table([pa.array(columns.get(field.name, nothing), field.type) for field in schema], schema)


def _clients(batch: FileBatch) -> Sequence[int | None]:
    """SK_ID_CURR of every row, also of rows without a decision; None if it is not a whole number."""
    values = next((tensor.data for tensor in batch.tensors if tensor.name == CLIENT), [None] * batch.rows)
    return [int(value) if isinstance(value, int | float) and value == value // 1 else None for value in values]


def _columns(model: Model, scored: Scored, explained: Bundle | None) -> dict[str, Sequence[object]]:
    columns: dict[str, Sequence[object]] = {
        "probabilite_de_defaut": scored.probability,
        "classe": scored.decision,
        "version": [model.version] * len(scored.decision),
        "history": scored.statuses,
    }
    return columns | _reasons(scored, explained) if explained else columns


def _reasons(scored: Scored, bundle: Bundle) -> dict[str, Sequence[object]]:
    """Columns with the French and English reasons of refused applications; accepted ones need no reasons."""
    names = [(f"raison_{number}", f"reason_{number}") for number in range(1, MOST_REASONS + 1)]
    columns: dict[str, list[str | None]] = {name: [None] * len(scored.decision) for pair in names for name in pair}
    refused = np.flatnonzero(np.array(scored.decision) == bundle.manifest.policy.refuse)
    if len(refused):
        reasons = find_reasons(bundle, scored.rows.take(refused))
        for place, row in enumerate(refused.tolist()):
            for (french, english), reason in zip(names, reasons.against(place), strict=False):
                columns[french][row] = reason.french
                columns[english][row] = reason.english
    return dict(columns)
