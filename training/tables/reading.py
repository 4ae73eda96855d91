"""Reading the raw tables as Polars frames; CSV and Parquet give the same columns and types."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from training.tables import files
from training.tables.applications import TRAIN
from training.tables.catalog import HISTORY
from training.tables.checking import check_file
from training.tables.folder import Progress, inspect
from training.tables.problems import DataError, Problem


@dataclass(frozen=True)
class Tables:
    """The raw tables of one folder: columns of the catalog in its order, as Int64, Float64 and String."""

    train: pl.DataFrame
    test: pl.DataFrame | None
    history: Mapping[str, pl.LazyFrame]
    """By name, only tables that have a file; each can have tens of millions of rows."""
    absent: tuple[str, ...]
    """Tables without a file."""
    warnings: tuple[Problem, ...]
    fingerprints: Mapping[str, str]
    """Table to the SHA-256 of its unpacked file, so the same rows have different values as CSV and as Parquet."""

    @property
    def fingerprint(self) -> str:
        """One SHA-256 for all tables."""
        lines = "".join(f"{name} {digest}\n" for name, digest in self.fingerprints.items())
        return hashlib.sha256(lines.encode()).hexdigest()


def read(directory: Path, progress: Progress = lambda _: None) -> Tables:
    """Check and read the raw tables of a folder. Raises DataError if the check finds an error."""
    report, checked = inspect(directory, progress)
    if report.errors:
        raise DataError(report.problems)
    progress("reading the applications and the fingerprints")
    test = checked.get("application_test")
    return Tables(
        train=checked["application_train"].values().collect(),
        test=test.values().collect() if test else None,
        history={name: checked[name].values() for name in HISTORY if name in checked},
        absent=report.absent,
        warnings=report.warnings,
        fingerprints={name: files.digest(item.stored.content) for name, item in checked.items()},
    )


def read_applications(path: Path) -> pl.DataFrame:
    """Read one file of applications, with or without `SK_ID_CURR` and `TARGET`. Raises DataError as `read` does."""
    checked = check_file(TRAIN, files.open_file(path), optional=frozenset({"SK_ID_CURR", "TARGET"}))
    if not checked.usable:
        raise DataError(checked.problems)
    return checked.values().collect()
