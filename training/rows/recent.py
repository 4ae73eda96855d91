"""Applications that a live version answered, with their outcomes: closed cohorts, as the monitor delivers them.

They are ordered in time. The run learns from older applications than it holds out, because a new version will score
younger applications than both. Outcomes exist for accepted applications and for a stated share of the refused ones.
Each such refused application stands for several: this number is its weight.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from training.bundle import Population
from training.candidates import Outcome, Weight
from training.errors import TrainingError
from training.product import Kind

FEWEST_DEFAULTS = 50
"""The minimum of defaults, and of clients who repaid.

With fewer, a hold-out of one fifth has fewer than ten of them, and no figure about it means anything.
"""

ENOUGH_DEFAULTS = 200
"""With so many recent defaults, recent outcomes alone show today's base rate of default to within 7 %."""

LearnedFrom = Callable[[Iterable[int | str]], npt.NDArray[np.bool_]]
"""For each client [n], whether a model learned from it."""

_RAW: Mapping[Kind, type[pl.DataType]] = {"integer": pl.Int64, "real": pl.Float64, "text": pl.String}


@dataclass(frozen=True)
class Recent:
    """Answered applications of closed cohorts, as the monitor delivers them."""

    learned: Mapping[str, pa.Table]
    """The cohorts to learn from: id to applications, oldest first."""
    held_out: tuple[str, pa.Table]
    """Id and applications of the latest closed cohort; nothing is learned from it."""


@dataclass(frozen=True)
class TrainingCohort:
    """The applications [n] of one closed cohort, in the order of their answers."""

    id: str
    table: pa.Table
    kinds: Mapping[str, Kind]
    """The fields of an application, and their kinds."""
    clients: npt.NDArray[np.object_]
    """Client numbers; the record's id if an application has no client number."""
    labelled: npt.NDArray[np.bool_]
    """Whether the outcome is known."""
    outcome: Outcome
    """False if it is not known."""
    weight: Weight
    """NaN if the outcome is not known."""
    refused: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, name: str, table: pa.Table, kinds: Mapping[str, Kind]) -> TrainingCohort:
        """Check a cohort's table. Raises TrainingError with cohort, column, expected data and actual data."""
        _check_columns(name, table, kinds)
        labelled = table.column("outcome").is_valid().to_numpy()
        weight = table.column("weight").cast(pa.float64()).to_numpy()
        strange = labelled & ~(weight > 0)
        if strange.any():
            raise TrainingError(
                f"cohort {name}, column weight: expected a number above 0 beside each outcome, "
                f"got {weight[strange][0]} for record {table.column('id')[int(np.flatnonzero(strange)[0])]}"
            )
        numbers, ids = table.column("client").to_pylist(), table.column("id").to_pylist()
        clients = np.empty(len(table), object)
        clients[:] = [record if client is None else client for client, record in zip(numbers, ids, strict=True)]
        outcome = table.column("outcome").fill_null(False).to_numpy()
        refused = table.column("probability").to_numpy() >= table.column("threshold").to_numpy()
        return cls(name, table, kinds, clients, labelled, outcome, np.where(labelled, weight, np.nan), refused)

    def forget(self, clients: npt.NDArray[np.bool_]) -> TrainingCohort:
        """A copy in which the outcomes of the applications in the mask [n] are not known."""
        labelled = self.labelled & ~clients
        return replace(
            self,
            labelled=labelled,
            outcome=self.outcome & labelled,
            weight=np.where(labelled, self.weight, np.nan),
        )

    def take(self, index: npt.NDArray[Any]) -> TrainingCohort:
        """The applications at an index or a mask."""
        chosen = np.arange(len(self.clients))[index]
        rows = (part[chosen] for part in (self.clients, self.labelled, self.outcome, self.weight, self.refused))
        return TrainingCohort(self.id, self.table.take(pa.array(chosen)), self.kinds, *rows)

    @property
    def population(self) -> Population:
        """The applicants whose outcomes are known."""
        return "accepted and explored" if (self.labelled & self.refused).any() else "accepted"

    @property
    def defaults(self) -> int:
        return int(self.outcome.sum())

    def applications(self) -> pl.DataFrame:
        """The fields in the types of the raw tables."""
        frame = pl.from_arrow(self.table.select(list(self.kinds)))
        assert isinstance(frame, pl.DataFrame)
        return frame.select(_raw(frame, name, kind) for name, kind in self.kinds.items())

    def history(self, names: tuple[str, ...]) -> pl.DataFrame:
        """The history features `names`; a feature that was not recorded is missing."""
        absent = pa.nulls(len(self.table), pa.float32())
        columns = [self.table.column(name) if name in self.table.column_names else absent for name in names]
        return pl.DataFrame([pl.Series(name, column) for name, column in zip(names, columns, strict=True)])


@dataclass(frozen=True)
class Usable:
    """Cohorts after checks and selection of rows, ready for a run."""

    cohorts: tuple[TrainingCohort, ...]
    """The complete cohorts to learn from, oldest first."""
    learned: tuple[TrainingCohort, ...]
    """The same cohorts with the rows that are learned from.

    These are labelled applications: the newest of each client, and none of a held-out client. They are sorted by
    client, so that the order of the answers does not change the model.
    """
    held_out: TrainingCohort

    @classmethod
    def of(cls, recent: Recent, kinds: Mapping[str, Kind], learned_from: LearnedFrom | None = None) -> Usable:
        """Check the cohorts and select their rows; outcomes of clients that the model learned from are not used.

        `kinds` are the fields of an application.

        Raises TrainingError if a table does not fit, or if there is only one cohort.
        """
        if not recent.learned:
            raise TrainingError(
                "learning from live applications needs two closed cohorts, an older one to learn from and the latest "
                f"to be judged on: got {recent.held_out[0]} alone, so wait until another is closed"
            )
        cohorts = tuple(TrainingCohort.of(name, table, kinds) for name, table in recent.learned.items())
        held_out = TrainingCohort.of(*recent.held_out, kinds)
        if learned_from is not None:
            cohorts = tuple(cohort.forget(learned_from(cohort.clients)) for cohort in cohorts)
            held_out = held_out.forget(learned_from(held_out.clients))
        check_enough(f"cohort {held_out.id}", held_out.outcome[held_out.labelled])
        clients, learned = set(held_out.clients), list[TrainingCohort]()
        for cohort in reversed(cohorts):
            rows = []
            for row in reversed(np.flatnonzero(cohort.labelled).tolist()):
                if cohort.clients[row] not in clients:
                    rows.append(row)
                    clients.add(cohort.clients[row])
            rows.sort(key=lambda row: str(cohort.clients[row]))
            learned.insert(0, cohort.take(np.array(rows, int)))
        return cls(cohorts, tuple(learned), held_out)

    @property
    def clients(self) -> set[int | str]:
        """All clients of the cohorts; older applications of these clients are not learned from."""
        return {client for cohort in (*self.learned, self.held_out) for client in cohort.clients}

    @property
    def deciding(self) -> tuple[TrainingCohort, ...]:
        """The fewest newest cohorts that have ENOUGH_DEFAULTS, because older data must not decide today's figures.

        All cohorts if together they have fewer. Cohorts without rows to learn from are left out.
        """
        learned = tuple(cohort for cohort in self.learned if len(cohort.clients))
        for start in reversed(range(len(learned))):
            if sum(cohort.defaults for cohort in learned[start:]) >= ENOUGH_DEFAULTS:
                return learned[start:]
        return learned


def check_enough(where: str, outcome: Outcome) -> None:
    """Raise TrainingError unless at least FEWEST_DEFAULTS clients defaulted and at least as many repaid."""
    if not FEWEST_DEFAULTS <= outcome.sum() <= len(outcome) - FEWEST_DEFAULTS:
        raise TrainingError(
            f"{where} has {outcome.sum()} defaults among {len(outcome)} clients, expected at least "
            f"{FEWEST_DEFAULTS}, and as many who repaid: a model could be trained but not judged"
        )


def fingerprint(cohorts: tuple[TrainingCohort, ...]) -> str:
    """SHA-256 of the labelled applications by cohort and record, as CSV."""
    digest = hashlib.sha256()
    for cohort in cohorts:
        labelled = cohort.take(cohort.labelled).table
        frame = pl.from_arrow(labelled.select(sorted(labelled.column_names)))
        assert isinstance(frame, pl.DataFrame)
        digest.update(f"{cohort.id}\n{frame.sort('id').write_csv()}".encode())
    return digest.hexdigest()


def _check_columns(name: str, table: pa.Table, kinds: Mapping[str, Kind]) -> None:
    expected = {"id": "texts", "client": "whole numbers", "outcome": "booleans", "weight": "numbers"}
    expected |= {"probability": "numbers", "threshold": "numbers"}
    expected |= {field: "texts" if kind == "text" else "numbers" for field, kind in kinds.items()}
    for column, content in expected.items():
        if column not in table.column_names:
            raise TrainingError(f"cohort {name}, column {column}: expected {content}, got no such column")
        dtype = table.schema.field(column).type
        if not _FITS[content](dtype):
            raise TrainingError(f"cohort {name}, column {column}: expected {content}, got {dtype}")


def _is_number(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_floating(dtype) or pa.types.is_integer(dtype))


def _is_text(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_string(dtype) or pa.types.is_large_string(dtype))


_FITS = {
    "texts": _is_text,
    "whole numbers": pa.types.is_integer,
    "booleans": pa.types.is_boolean,
    "numbers": _is_number,
}


def _raw(frame: pl.DataFrame, name: str, kind: Kind) -> pl.Expr:
    value = pl.col(name)
    if frame.schema[name].is_float():
        value = pl.when(value.is_finite()).then(value)
    return value.cast(_RAW[kind])
