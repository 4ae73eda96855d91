"""From the raw tables to matrices on two sides of a split, or a refusal to train on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.model_selection import train_test_split

from training import leakage
from training.bundle import Feature, Field, Rows
from training.bundle.bundle import start
from training.candidates import Outcome
from training.candidates.family import Matrix
from training.features import history as histories
from training.features.fields import columns_of, describe, rows_of
from training.features.graph import feature_graph, features_from
from training.tables import FIELDS, Tables

FEWEST_DEFAULTS = 50
"""Or clients who repaid: with fewer, a hold-out of a fifth has ten, and no figure about it means anything."""


class TrainingError(Exception):
    """Data that a model must not be trained on, or a run that must not end in a bundle."""


@dataclass(frozen=True)
class Part:
    """One side of the split: rows as fields, as the features' matrix, with outcomes [n] and client numbers [n]."""

    rows: Rows
    matrix: Matrix
    outcome: Outcome
    clients: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Prepared:
    """What a run learns from and what it holds out; fields are described by the former alone."""

    fields: tuple[Field, ...]
    history: tuple[str, ...]
    features: tuple[Feature, ...]
    learned: Part
    held_out: Part

    def keep(self, dropped: Sequence[str]) -> Prepared:
        """Without some features, and without the history features that no feature left is made of."""
        kept = [i for i, feature in enumerate(self.features) if feature.name not in dropped]
        features = tuple(self.features[i] for i in kept)
        used = {name for feature in features for name in feature.made_from}
        past = [i for i, name in enumerate(self.history) if name in used]

        def narrow(part: Part) -> Part:
            rows = Rows(part.rows.numeric, part.rows.categorical, np.ascontiguousarray(part.rows.history[:, past]))
            return Part(rows, np.ascontiguousarray(part.matrix[:, kept]), part.outcome, part.clients)

        names = tuple(self.history[i] for i in past)
        return Prepared(self.fields, names, features, narrow(self.learned), narrow(self.held_out))


def prepare(
    tables: Tables,
    allow: Sequence[str],
    holdout: float,
    auc_alone: float,
    seed: int,
    progress: Callable[[str], None],
) -> Prepared:
    """Check, split, describe and compute features. Raises TrainingError where the data give the outcome away."""
    _check_allowed(allow)
    outcome = (tables.train["TARGET"] == 1).to_numpy()
    if not FEWEST_DEFAULTS <= outcome.sum() <= len(outcome) - FEWEST_DEFAULTS:
        raise TrainingError(
            f"application_train has {outcome.sum()} defaults among {len(outcome)} clients, expected at least "
            f"{FEWEST_DEFAULTS}, and as many who repaid: a model could be trained but not judged"
        )
    _check_leaks(tables.train, outcome, auc_alone, seed)
    clients = tables.train["SK_ID_CURR"].to_numpy()
    learned, held_out = train_test_split(
        np.arange(len(outcome)), test_size=holdout, stratify=outcome, random_state=seed
    )
    _check_overlap(clients[learned], clients[held_out])

    progress(f"history features of {len(outcome):,} clients")
    past = histories.aggregate(tables.history, tables.train["SK_ID_CURR"]).drop("SK_ID_CURR")
    reasons = {feature.name: feature.reason for feature in histories.FEATURES}
    fields = describe(tables.train[learned])
    features = features_from(fields, [(name, reasons[name]) for name in past.columns], allow)
    graph = start(feature_graph(fields, past.columns, features))

    def part(index: npt.NDArray[np.int64]) -> Part:
        rows = rows_of(tables.train[index], fields, past[index])
        return Part(rows, graph.run(["features"], rows.tensors())[0], outcome[index], clients[index])

    return Prepared(fields, tuple(past.columns), features, part(learned), part(held_out))


def _check_allowed(allow: Sequence[str]) -> None:
    protected = [column.name for column in FIELDS if column.protected]
    for name in allow:
        if name not in protected:
            raise TrainingError(f"--allow {name}: expected a protected field ({', '.join(protected)})")


def _check_leaks(applications: pl.DataFrame, outcome: Outcome, limit: float, seed: int) -> None:
    offenders = leakage.implausible(columns_of(applications), outcome, limit, seed)
    if offenders:
        raise TrainingError("fields that give the outcome away: " + "; ".join(map(str, offenders)))


def _check_overlap(learned: npt.NDArray[np.int64], held_out: npt.NDArray[np.int64]) -> None:
    both = leakage.overlap(learned, held_out)
    if len(both):
        raise TrainingError(
            f"{len(both)} clients are on both sides of the split, the first SK_ID_CURR {both[0]}: "
            "expected each client once in application_train"
        )
