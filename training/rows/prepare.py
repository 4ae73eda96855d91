"""Prepare raw tables and recent applications for training: check them, split them and compute the matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from training.bundle import Feature, Field, Rows
from training.bundle.bundle import start
from training.candidates import Examples, Outcome, Weight
from training.candidates.family import Matrix
from training.errors import TrainingError
from training.features.fields import Columns, columns_of, describe, rows_of
from training.features.graph import feature_graph, features_from
from training.features.histories import aggregate
from training.product import Product
from training.rows import leakage, split
from training.rows.recent import Recent, Usable, check_enough
from training.rows.split import SplitSide
from training.tables import Tables

Progress = Callable[[str], None]


@dataclass(frozen=True)
class PreparedPart:
    """One side of the split: rows as fields, the matrix of features, and further values of each row [n]."""

    rows: Rows
    matrix: Matrix
    outcome: Outcome
    weight: Weight
    """The number of applicants that each row stands for; NaN if the outcome is not known."""
    clients: npt.NDArray[Any]
    """Client numbers; the record id if a row has no client number."""
    deciding: npt.NDArray[np.bool_]
    """Whether calibration, threshold and choice of the model use the row's outcome."""

    @property
    def labelled(self) -> PreparedPart:
        """The applications whose outcome is known."""
        return self.take(~np.isnan(self.weight))

    @property
    def outcomes(self) -> pa.Array:
        """The outcomes; null if not known."""
        return pa.array(self.outcome, mask=np.isnan(self.weight))

    def take(self, index: npt.NDArray[Any]) -> PreparedPart:
        """The applications at an index or a mask."""
        arrays = (part[index] for part in (self.outcome, self.weight, self.clients, self.deciding))
        return PreparedPart(self.rows.take(index), self.matrix[index], *arrays)


@dataclass(frozen=True)
class Prepared:
    """The rows that a run learns from and holds out; only the former describe the fields."""

    product: Product
    fields: tuple[Field, ...]
    history: tuple[str, ...]
    features: tuple[Feature, ...]
    learned: PreparedPart
    applicants: PreparedPart
    """All held-out applications."""
    recent: Usable | None
    """None if the run uses only the raw tables."""
    left_out: int
    """Known outcomes not learned from, because their client applied again or is held out."""

    @property
    def held_out(self) -> PreparedPart:
        """The held-out applications whose outcome is known."""
        return self.applicants.labelled

    @property
    def examples(self) -> Examples:
        """The examples for a candidate family."""
        learned = self.learned
        return Examples(self.features, learned.matrix, learned.outcome, learned.weight)

    def keep(self, dropped: Sequence[str]) -> Prepared:
        """Remove features, and the history features that no remaining feature uses."""
        columns = [i for i, feature in enumerate(self.features) if feature.name not in dropped]
        features = tuple(self.features[i] for i in columns)
        used = {name for feature in features for name in feature.made_from}
        past = [i for i, name in enumerate(self.history) if name in used]

        def narrow(part: PreparedPart) -> PreparedPart:
            rows = Rows(part.rows.numeric, part.rows.categorical, np.ascontiguousarray(part.rows.history[:, past]))
            return replace(part, rows=rows, matrix=np.ascontiguousarray(part.matrix[:, columns]))

        return replace(
            self,
            history=tuple(self.history[i] for i in past),
            features=features,
            learned=narrow(self.learned),
            applicants=narrow(self.applicants),
        )


def prepare(
    tables: Tables,
    allow: Sequence[str],
    holdout: float,
    auc_alone: float,
    seed: int,
    progress: Progress,
    recent: Recent | None = None,
) -> Prepared:
    """Check and split the data, describe the fields and compute the features.

    Raises TrainingError if a field reveals the outcome.
    """
    product, outcome = tables.product, tables.outcome
    _check_allowed(product, allow)
    check_enough(product.applications.name, outcome)
    _check_leaks(columns_of(tables.train, product.fields), outcome, auc_alone, seed)
    usable = None if recent is None else _usable(recent, product, progress)
    progress(f"history features of {len(outcome):,} clients")
    past = aggregate(product, tables.history, tables.clients).drop(tables.clients.name)
    if usable is not None:
        # A feature missing only in the newest records would reveal the age of a row to the model.
        past = past.select(name for name in past.columns if name in usable.held_out.table.column_names)
    clients, everybody = tables.clients.to_numpy(), np.ones(len(outcome), bool)
    base = SplitSide(tables.train, past, outcome, np.ones(len(outcome)), clients, everybody)
    if usable is None:
        return _prepared(product, *split.of_tables(base, holdout, seed), allow, None, 0)
    learned, held_out = split.of_time(base, usable, seed)
    left_out = len(base.outcome) + sum(cohort.labelled.sum() for cohort in usable.cohorts) - len(learned.outcome)
    progress(f"left out {left_out:,} older applications of clients who applied again or are held out")
    return _prepared(product, learned, held_out, allow, usable, int(left_out))


def _usable(recent: Recent, product: Product, progress: Progress) -> Usable:
    usable = Usable.of(recent, product.kinds)
    learned = sum(len(cohort.clients) for cohort in usable.learned)
    progress(f"{learned:,} labelled applications of {len(usable.learned)} cohorts, held out: {usable.held_out.id}")
    return usable


def _prepared(
    product: Product,
    learned: SplitSide,
    held_out: SplitSide,
    allow: Sequence[str],
    recent: Usable | None,
    left_out: int,
) -> Prepared:
    names = learned.history.columns
    fields = describe(learned.applications, product.fields)
    features = features_from(product, fields, names, allow)
    graph = start(feature_graph(product, fields, names, features))

    def part(side: SplitSide) -> PreparedPart:
        rows = rows_of(side.applications, fields, side.history)
        (matrix,) = graph.run(["features"], rows.tensors())
        return PreparedPart(rows, matrix, side.outcome, side.weight, side.clients, side.deciding)

    applicants = part(held_out)
    return Prepared(product, fields, tuple(names), features, part(learned), applicants, recent, left_out)


def _check_allowed(product: Product, allow: Sequence[str]) -> None:
    protected = [field.name for field in product.fields if field.protected]
    for name in allow:
        if name not in protected:
            raise TrainingError(f"--allow {name}: expected a protected field ({', '.join(protected)})")


def _check_leaks(columns: Columns, outcome: Outcome, limit: float, seed: int) -> None:
    offenders = leakage.implausible(columns, outcome, limit, seed)
    if offenders:
        raise TrainingError("fields that give the outcome away: " + "; ".join(map(str, offenders)))
