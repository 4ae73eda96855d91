"""The split into rows to learn from and held-out rows, both in the shape of the raw tables.

Without recent applications, a share of the clients in the raw tables is held out. With recent applications, the split
is by time: the tables and the older cohorts are learned from, and the latest cohort is held out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.model_selection import train_test_split

from training.candidates import Outcome, Weight
from training.rows.recent import ENOUGH_DEFAULTS, TrainingCohort, Usable

HEAVIEST = 10.0
"""The largest factor by which the weight of recent applications is multiplied.

The factor makes the cohorts together as heavy as the tables, up to this limit. If the world changed, this costs less
than a factor of 1; if it did not change, it costs a little more (docs/simulations.md). Without a limit a few hundred
applications would outweigh a hundred thousand.
"""


@dataclass(frozen=True)
class SplitSide:
    """Applications [n] of one side."""

    applications: pl.DataFrame
    history: pl.DataFrame
    outcome: Outcome
    """False if it is not known."""
    weight: Weight
    """The number of applicants that each row stands for; NaN if the outcome is not known."""
    clients: npt.NDArray[Any]
    """Client numbers; the record id if a row has no client number."""
    deciding: npt.NDArray[np.bool_]
    """Whether calibration, threshold and choice of the model use the row's outcome."""

    def take(self, index: npt.NDArray[Any]) -> SplitSide:
        """The applications at an index."""
        rows = (part[index] for part in (self.outcome, self.weight, self.clients, self.deciding))
        return SplitSide(self.applications[index], self.history[index], *rows)


def of_tables(side: SplitSide, holdout: float, seed: int) -> tuple[SplitSide, SplitSide]:
    """The rows to learn from and the held-out rows, stratified by outcome.

    No client is on both sides, because the tables hold each client once.
    """
    learned, held_out = train_test_split(
        np.arange(len(side.outcome)), test_size=holdout, stratify=side.outcome, random_state=seed
    )
    return side.take(learned), side.take(held_out)


def of_time(tables: SplitSide, recent: Usable, seed: int) -> tuple[SplitSide, SplitSide]:
    """The rows to learn from and the held-out rows, in random order.

    If a client is in a cohort, the client's row in the tables is left out. See HEAVIEST for the weight of recent rows.
    """
    clients, names = recent.clients, tuple(tables.history.columns)
    older = np.array([client not in clients for client in tables.clients.tolist()])
    past = replace(tables.take(np.flatnonzero(older)), deciding=np.zeros(older.sum(), bool))
    deciding, fields = [cohort.id for cohort in recent.deciding], list(recent.held_out.kinds)
    cohorts = _joined([_side(cohort, names, cohort.id in deciding) for cohort in recent.learned], fields)
    heavier = float(np.clip(past.weight.sum() / max(cohorts.weight.sum(), 1.0), 1.0, HEAVIEST))
    learned = _joined([past, replace(cohorts, weight=cohorts.weight * heavier)], fields)
    if learned.outcome[learned.deciding].sum() < ENOUGH_DEFAULTS:
        learned.deciding[:] = True
    random = np.random.default_rng(seed)
    sides = learned, _side(recent.held_out, names, deciding=False)
    first, second = (side.take(random.permutation(len(side.outcome))) for side in sides)
    return first, second


def _side(cohort: TrainingCohort, names: tuple[str, ...], deciding: bool) -> SplitSide:
    marks = np.full(len(cohort.clients), deciding)
    return SplitSide(cohort.applications(), cohort.history(names), cohort.outcome, cohort.weight, cohort.clients, marks)


def _joined(sides: Sequence[SplitSide], fields: Sequence[str]) -> SplitSide:
    rows = (
        np.concatenate(parts)
        for parts in zip(*((side.outcome, side.weight, side.clients, side.deciding) for side in sides), strict=True)
    )
    return SplitSide(
        pl.concat([side.applications.select(fields) for side in sides]),
        pl.concat([side.history for side in sides]),
        *rows,
    )
