"""Compares a version's live records with its hold-out, the reference.

The reference is fitted once: that reads the bundle and computes the model's contributions, and takes about a second.
After that, describing a window is only arithmetic on its arrays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from monitoring.judging import performance
from monitoring.judging.arrays import Chunk
from monitoring.judging.drift import Floats, LevelBins, NumberBins, ReferenceColumn
from monitoring.judging.fairness import fare
from monitoring.judging.performance import Labelled
from monitoring.verdict import Cohort, Comparison, Population, Quality, Window
from serving.records import HistoryStatus
from training.bundle import Bundle, Field, Manifest, Rows

_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_EXPLAINED = 1_000
"""Reference rows whose contributions are averaged: a booster takes about 7 ms each."""


@dataclass(frozen=True)
class Reference:
    """The columns of a bundle's hold-out, ready to be compared, and its answers with known outcomes."""

    manifest: Manifest
    score: ReferenceColumn
    columns: tuple[ReferenceColumn, ...]
    """Fields in the manifest's order, then history features."""
    held_out: Labelled

    @classmethod
    def of(cls, bundle: Bundle) -> Reference:
        """Fit everything once. Raises BundleError for a bundle whose reference cannot be read."""
        table, manifest = bundle.reference(), bundle.manifest
        rows = Rows.from_table(table, manifest)
        probability = table.column("probability").to_numpy()
        held_out, everybody = _outcomes(table, probability, manifest.policy.threshold)
        # If outcomes are missing, the table has all answered rows. If no outcome is missing, refused rows were left
        # out, and the weights of the explored rows stand for them.
        weight = held_out.weight if everybody.all() else np.ones(len(rows))
        matters = _weights(bundle, rows)
        fields = {field.name: field for field in manifest.fields}
        columns = tuple(
            ReferenceColumn.of(
                name, kind, _fit(fields.get(name), values, learned, weight), values, weight, matters[name]
            )
            for (name, kind, values), (_, _, learned) in zip(
                _values(manifest, rows), _values(manifest, bundle.background()), strict=True
            )
        )
        score = ReferenceColumn.of(
            "probability", "score", NumberBins.fit(probability, weight, low=0, high=1), probability, weight, 0
        )
        return cls(manifest, score, columns, held_out)


class DriftFigures(NamedTuple):
    """The score and the columns of records beside the reference."""

    score: Comparison
    columns: tuple[Comparison, ...]

    @property
    def drifted_weight(self) -> float:
        """The share of what moves the score that is in drifted columns, 0 to 1."""
        return min(1.0, sum(column.weight for column in self.columns if column.drifted))


def count(reference: Reference, rows: Rows, probability: Floats) -> list[Floats]:
    """Counts of records by bin, of the score and then of each column; counts of several parts add up."""
    values = _values(reference.manifest, rows)
    counts = [column.count(each) for column, (_, _, each) in zip(reference.columns, values, strict=True)]
    return [reference.score.count(probability), *counts]


def compare(reference: Reference, counts: Sequence[Floats]) -> DriftFigures:
    """The drift figures of counted records."""
    score, *columns = counts
    return DriftFigures(
        reference.score.compare(score, len(columns)),
        tuple(column.compare(filled, len(columns)) for column, filled in zip(reference.columns, columns, strict=True)),
    )


def describe(reference: Reference, chunk: Chunk, *, version: str, number: int, since: int, until: int) -> Window:
    """All figures of a window's records that need no outcomes. Raises ValueError for a window without records."""
    if not len(chunk):
        raise ValueError(f"window {version}-{number}: expected records, got none")
    manifest = reference.manifest
    counts = count(reference, chunk.rows, chunk.probability)
    drift = compare(reference, counts)
    statuses = Counter(chunk.histories)
    return Window(
        model=manifest.model,
        version=version,
        number=number,
        since=since,
        until=until,
        rows=len(chunk),
        score=drift.score,
        columns=drift.columns,
        drifted_weight=drift.drifted_weight,
        approved=float(1 - chunk.refused.mean()),
        mean_probability=float(chunk.probability.mean()),
        expected_log_loss=performance.expected_log_loss(chunk.probability),
        expected_auc=performance.expected_auc(chunk.probability),
        quality=tuple(
            _quality(column, filled)
            for column, filled in zip(reference.columns, counts[1:], strict=True)
            if column.kind == "field"
        ),
        warned=float(chunk.warned.mean()),
        histories={status: statuses[status] for status in get_args(HistoryStatus)},
        groups=fare(manifest, _unlabelled(chunk)),
        quantiles={f"{share:g}": float(np.quantile(chunk.probability, share)) for share in _QUANTILES},
    )


def follow(reference: Reference, chunk: Chunk, *, version: str, number: int, closed_at: int) -> Cohort:
    """The figures of a window's answers when its outcomes are known. Raises ValueError if no outcome is known."""
    known = (chunk.outcome >= 0) & np.isfinite(chunk.weight)
    rows = Labelled(chunk.probability, chunk.outcome == 1, chunk.refused, chunk.weight).take(known)
    held_out, policy = reference.held_out, reference.manifest.policy
    population: Population = "accepted and explored"
    # A hold-out of only accepted applications has no information about refused applications.
    if not rows.refused.any() or reference.manifest.population == "accepted":
        population = "accepted"
        rows, held_out = rows.take(~rows.refused), held_out.take(~held_out.refused)
    if not len(rows.weight):
        raise ValueError(f"cohort {version}-{number}: expected known outcomes, got none of {len(chunk)} records")
    return Cohort(
        version=version,
        number=number,
        closed_at=closed_at,
        population=population,
        labelled=len(rows.weight),
        explored=int(rows.refused.sum()),
        defaults=int(rows.defaulted.sum()),
        log_loss=performance.log_loss(rows).interval(low=0),
        expected_log_loss=performance.log_loss(held_out).value,
        auc=performance.auc(rows).interval(0, 1),
        expected_auc=performance.auc(held_out).value,
        observed_expected=performance.observed_expected(rows).interval(low=0),
        cost=performance.cost(rows, policy.costs).interval(low=0) if rows.refused.any() else None,
        log_loss_worse=performance.log_loss_worse(rows, held_out),
        ranking_worse=performance.ranking_worse(rows, held_out),
        calibration_worse=performance.calibration_worse(rows, held_out),
        calibration=performance.by_tenths(rows),
        groups=fare(reference.manifest, chunk),
    )


def _quality(column: ReferenceColumn, counts: Floats) -> Quality:
    """Unusual values of a field, from a window's counts by the column's bins."""
    missing, strange = (counts[-2:] / counts.sum()).tolist()
    number = isinstance(column.binning, NumberBins)
    return Quality(
        name=column.name,
        missing=missing,
        missing_reference=column.missing,
        unseen=0.0 if number else strange,
        outside=strange if number else 0.0,
    )


def _values(manifest: Manifest, rows: Rows) -> list[tuple[str, Any, npt.NDArray[Any]]]:
    """Name, kind and values [n] of each column, in the order that windows list them."""
    numeric = dict(zip((field.name for field in manifest.numeric), np.ascontiguousarray(rows.numeric.T), strict=True))
    texts = {field.name: rows.categorical[:, i] for i, field in enumerate(manifest.categorical)}
    fields = [(field.name, "field", (numeric | texts)[field.name]) for field in manifest.fields]
    past = zip(manifest.history, np.ascontiguousarray(rows.history.T), strict=True)
    return fields + [(name, "history", values) for name, values in past]


def _fit(
    field: Field | None, values: npt.NDArray[Any], learned: npt.NDArray[Any], weight: Floats
) -> NumberBins | LevelBins:
    """Bins of a column from reference values [n].

    The range is taken from the training rows. If it were taken from the reference rows, no reference value could ever
    be out of range.
    """
    if field is None:
        low, high = np.nanmin(learned, initial=np.inf), np.nanmax(learned, initial=-np.inf)
        return NumberBins.fit(values, weight, low=float(low), high=float(high))
    if field.datatype == "BYTES":
        return LevelBins.fit(values, weight, levels=field.levels, anomalies=field.anomalies)
    return NumberBins.fit(values, weight, anomalies=field.anomalies, low=field.minimum, high=field.maximum)


def _weights(bundle: Bundle, rows: Rows) -> dict[str, float]:
    """Each column's share of the mean |contribution|; a feature's share is split equally among its source columns."""
    manifest = bundle.manifest
    some = np.linspace(0, len(rows) - 1, min(len(rows), _EXPLAINED)).astype(int)
    means = np.abs(bundle.contributions(rows.take(some))[:, :-1]).mean(axis=0)
    total = dict.fromkeys((*(field.name for field in manifest.fields), *manifest.history), 0.0)
    for feature, mean in zip(manifest.features, means.tolist(), strict=True):
        for name in feature.made_from:
            total[name] += mean / len(feature.made_from)
    whole = sum(total.values()) or 1.0
    return {name: value / whole for name, value in total.items()}


def _outcomes(table: pa.Table, probability: Floats, threshold: float) -> tuple[Labelled, npt.NDArray[np.bool_]]:
    """The reference's rows whose outcomes are known, and a mask [n] of them."""
    outcome = table.column("outcome")
    known = ~outcome.is_null().to_numpy()
    weight = table.column("weight").to_numpy().astype(np.float64)
    defaulted = outcome.fill_null(False).to_numpy().astype(bool)
    return Labelled(probability, defaulted, probability >= threshold, weight).take(known), known


def _unlabelled(chunk: Chunk) -> Chunk:
    """The same records without outcomes, because a window is described as it was when it closed."""
    unknown = np.full(len(chunk), -1, np.int8)
    return Chunk(chunk.rows, chunk.probability, chunk.refused, chunk.warned, chunk.histories, unknown, chunk.weight)
