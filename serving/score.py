"""Decisions for a file of applications, in batches, by the very code that answers callers.

A column becomes the tensor of its name, so what is refused, what is unusual and every last bit are as over the wire.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from serving.files import Batch, FileError, read_batches
from serving.predictor.model import Model, Scored, open_model
from serving.predictor.settings import Settings
from serving.protocol.codec import CLIENT
from serving.protocol.errors import Refused
from training.bundle import Bundle, Reason, Rows

Say = Callable[[str], None]

MOST_REASONS = 4
"""What a letter of refusal can name and an applicant can read."""
_SAY_SECONDS = 2.0
_WRITERS = {".csv": pyarrow.csv.CSVWriter, ".parquet": pyarrow.parquet.ParquetWriter}


@dataclass
class Summary:
    """What was decided."""

    rows: int = 0
    refused: int = 0
    unusual: int = 0
    """Applications with an unseen level or a value outside the range of training."""
    ignored: tuple[str, ...] = ()
    """Columns that are no fields of the model."""

    def add(self, scored: Scored, refuse: str) -> None:
        """Count one batch."""
        self.rows += len(scored.decision)
        self.refused += scored.decision.count(refuse)
        self.unusual += len(scored.applications.warnings)


def score_file(source: Path, target: Path, settings: Settings, *, reasons: bool, say: Say) -> Summary:
    """Decide on every row of `source` as a predictor with these settings does; write `target` whole or not at all.

    Raises FileError naming row and field, BundleError.
    """
    if target.suffix not in _WRITERS:
        raise FileError(f"{target}: expected a name that ends in .csv or .parquet, got '{target.suffix}'")
    model = open_model(
        settings.models, settings.version, "", unknown=settings.unknown, history_days=settings.history_days
    )
    explained = Bundle.open(settings.models / settings.version) if reasons else None
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        with _WRITERS[target.suffix](str(unfinished), _schema(with_reasons=reasons)) as writer:
            batches = read_batches(source, model.manifest, keep_unknown=settings.unknown == "reject")
            summary = _decide(batches, source, model, explained, writer, say)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return summary


def strongest(bundle: Bundle, rows: Rows) -> list[tuple[Reason, ...]]:
    """For each row, the reasons that raise its probability of default most, at most MOST_REASONS, strongest first."""
    sums = bundle.by_reason(bundle.contributions(rows))
    order = np.argsort(-sums, axis=1, kind="stable")[:, :MOST_REASONS]
    known = bundle.manifest.reasons
    return [
        tuple(known[index] for index in indices if sums[row, index] > 0) for row, indices in enumerate(order.tolist())
    ]


def rows_of(scored: Scored) -> Rows:
    """The rows that were scored, as a bundle takes them."""
    return Rows(scored.applications.numeric, scored.applications.categorical, scored.history)


def _decide(
    batches: Iterable[Batch], source: Path, model: Model, explained: Bundle | None, writer: Any, say: Say
) -> Summary:
    summary, said = Summary(), time.monotonic()
    for batch in batches:
        scored = _score(model, batch, source, summary.rows)
        writer.write_table(_table(model, scored, explained))
        summary.add(scored, model.manifest.policy.refuse)
        summary.ignored = batch.ignored
        if time.monotonic() - said > _SAY_SECONDS:
            said = time.monotonic()
            say(f"{summary.rows:,} applications")
    if not summary.rows:
        raise FileError(f"{source}: expected a row an application, found none")
    return summary


def _score(model: Model, batch: Batch, source: Path, before: int) -> Scored:
    """Raises FileError with the row's number in the file, which the codec cannot know."""
    try:
        return model.score(batch.tensors)
    except Refused as refused:
        for row in range(batch.rows):
            try:
                model.score(batch.take(row))
            except Refused as first:
                raise FileError(f"{source}, row {before + row + 1}: {first}") from first
        raise FileError(f"{source}: {refused}") from refused


def _schema(*, with_reasons: bool) -> pa.Schema:
    texts = ["classe", "version", "history"]
    if with_reasons:
        texts += [f"{word}_{number}" for number in range(1, MOST_REASONS + 1) for word in ("raison", "reason")]
    named = [(CLIENT, pa.int64()), ("probabilite_de_defaut", pa.float64())]
    return pa.schema([*named, *((text, pa.string()) for text in texts)])


def _table(model: Model, scored: Scored, explained: Bundle | None) -> pa.Table:
    schema = _schema(with_reasons=explained is not None)
    rows = len(scored.decision)
    clients = scored.applications.clients
    columns: list[Sequence[object]] = [
        clients if clients is not None else [None] * rows,
        scored.probability,
        scored.decision,
        [model.version] * rows,
        scored.statuses,
    ]
    if explained is not None:
        columns += _reasons(scored, explained)
    return pa.table([pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)], schema)


def _reasons(scored: Scored, bundle: Bundle) -> list[list[str | None]]:
    """Columns of texts, French and English in turn, for the refused; who is accepted needs none."""
    columns: list[list[str | None]] = [[None] * len(scored.decision) for _ in range(2 * MOST_REASONS)]
    refused = np.flatnonzero(np.array(scored.decision) == bundle.manifest.policy.refuse)
    if not len(refused):
        return columns
    for row, reasons in zip(refused.tolist(), strongest(bundle, rows_of(scored).take(refused)), strict=True):
        for place, reason in enumerate(reasons):
            columns[2 * place][row] = reason.french
            columns[2 * place + 1][row] = reason.english
    return columns
