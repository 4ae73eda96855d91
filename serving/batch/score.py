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

from serving.batch.files import FileBatch, FileError
from serving.process.settings import VersionSettings
from serving.protocol.answer import DECISION, PROBABILITY
from serving.protocol.codec import CLIENT
from serving.protocol.errors import Refused
from serving.protocol.tensors import Tensor
from serving.reasons import MOST_REASONS, find_reasons
from serving.version import Model, Scored, open_model, path_of
from training.bundle import Bundle, Manifest

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


def score_file(
    source: Path,
    target: Path,
    settings: VersionSettings,
    read: Callable[[Manifest], Iterable[FileBatch]],
    *,
    reasons: bool,
    say: Say,
) -> ScoreSummary:
    """Decide on every row of `source` as a predictor with these settings would; `target` appears only when complete.

    `read` gives the rows of `source` for a model's fields. Raises BundleError, what `read` raises, and FileError if no
    row of the first batch can be answered.
    """
    if target.suffix not in _WRITERS:
        raise FileError(f"{target}: expected a name that ends in .csv or .parquet, got '{target.suffix}'")
    model = open_model(
        settings.models, settings.version, "", unknown=settings.unknown, history_days=settings.history_days
    )
    explained = Bundle.open(path_of(settings.models, settings.version)) if reasons else None
    unfinished = target.with_name(f".{target.name}.unfinished")
    scorer = BatchScorer(model, strict=settings.unknown == "reject")
    try:
        with _WRITERS[target.suffix](str(unfinished), _schema(with_reasons=reasons)) as writer:
            summary = _decide(read(model.manifest), source, scorer, explained, writer, say)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return summary


@dataclass(frozen=True)
class BatchScorer:
    """A model that decides on batches, each at once where nothing in it is refused."""

    model: Model
    strict: bool
    """Whether columns that are not fields are refused."""

    def score(self, batch: FileBatch) -> Decided:
        """What is decided on the rows; those that cannot be read or answered have their error."""
        errors = dict(batch.errors)
        rows = [row for row in range(batch.rows) if row not in errors]
        if rows:
            try:
                return Decided(batch.rows, self.model.score(self._tensors(batch, rows)), errors)
            except Refused:
                errors |= {row: error for row in rows if (error := self._refusal(batch, row))}
        rest = [row for row in rows if row not in errors]
        scored = self.model.score(self._tensors(batch, rest)) if rest else None
        return Decided(batch.rows, scored, dict(sorted(errors.items())))

    def _refusal(self, batch: FileBatch, row: int) -> str:
        try:
            self.model.score(self._tensors(batch, [row]))
        except Refused as refused:
            return str(refused)
        return ""

    def _tensors(self, batch: FileBatch, rows: Sequence[int]) -> list[Tensor]:
        return batch.tensors(self.model.manifest, rows, others=self.strict)


def _decide(
    batches: Iterable[FileBatch], source: Path, scorer: BatchScorer, explained: Bundle | None, writer: Any, say: Say
) -> ScoreSummary:
    summary, reported = ScoreSummary(), time.monotonic()
    for batch in batches:
        decided = scorer.score(batch)
        if not summary.rows and decided.scored is None:
            # If all rows of the first batch are wrong, the file probably does not hold applications.
            raise FileError(f"{source}, row 1: {decided.errors[0]}")
        writer.write_table(_table(scorer.model, batch, decided, explained))
        summary.add(decided, scorer.model.manifest.policy.refuse)
        summary.ignored = batch.others
        if time.monotonic() - reported > _SAY_SECONDS:
            reported = time.monotonic()
            say(f"{summary.rows:,} applications")
    return summary


def _schema(*, with_reasons: bool) -> pa.Schema:
    texts = [DECISION, "version", "history", "error"]
    if with_reasons:
        texts += [f"{word}_{number}" for number in range(1, MOST_REASONS + 1) for word in ("raison", "reason")]
    named = [(CLIENT, pa.int64()), (PROBABILITY, pa.float64())]
    return pa.schema([*named, *((text, pa.string()) for text in texts)])


def _table(model: Model, batch: FileBatch, decided: Decided, explained: Bundle | None) -> pa.Table:
    """The decisions and errors of the batch, in the order of the file."""
    schema = _schema(with_reasons=explained is not None)
    columns = _columns(model, decided.scored, explained) if decided.scored else {}
    places = iter(range(decided.rows))
    order = pa.array([None if row in decided.errors else next(places) for row in range(decided.rows)], pa.int32())
    columns = {name: pa.array(values, schema.field(name).type).take(order) for name, values in columns.items()}
    if CLIENT in batch.columns:
        columns[CLIENT] = batch.columns[CLIENT]
    columns["error"] = [decided.errors.get(row) for row in range(decided.rows)]
    nothing = pa.nulls(decided.rows)
    return pa.table([pa.array(columns.get(field.name, nothing), field.type) for field in schema], schema)


def _columns(model: Model, scored: Scored, explained: Bundle | None) -> dict[str, Sequence[object]]:
    columns: dict[str, Sequence[object]] = {
        PROBABILITY: scored.probability,
        DECISION: scored.decision,
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
