"""Reading the raw tables as Polars frames; CSV and Parquet give the same columns and types."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from training.product import Product
from training.tables import files
from training.tables.checking import check_file
from training.tables.folder import Progress, inspect
from training.tables.problems import DataError, Problem


@dataclass(frozen=True)
class Tables:
    """The raw tables of one folder: columns of the product in its order, as Int64, Float64 and String."""

    product: Product
    train: pl.DataFrame
    """Applications whose outcome is known."""
    test: pl.DataFrame | None
    """Applications whose outcome is not known."""
    history: Mapping[str, pl.LazyFrame]
    """By name, only tables that have a file; each can have tens of millions of rows."""
    absent: tuple[str, ...]
    """Tables without a file."""
    warnings: tuple[Problem, ...]
    fingerprints: Mapping[str, str]
    """Table to the SHA-256 of its unpacked file, so the same rows have different values as CSV and as Parquet."""

    @property
    def outcome(self) -> npt.NDArray[np.bool_]:
        """Whether each of `train` defaulted."""
        return (self.train[self.product.outcome] == self.product.default).to_numpy()

    @property
    def clients(self) -> pl.Series:
        """The client of each of `train`; the number of the row if the product knows no clients."""
        return (
            pl.int_range(self.train.height, eager=True)
            if self.product.client is None
            else self.train[self.product.client]
        )

    @property
    def fingerprint(self) -> str:
        """One SHA-256 for all tables."""
        lines = "".join(f"{name} {digest}\n" for name, digest in self.fingerprints.items())
        return hashlib.sha256(lines.encode()).hexdigest()


def read(directory: Path, product: Product, progress: Progress = lambda _: None) -> Tables:
    """Check and read the raw tables of a folder. Raises DataError if the check finds an error."""
    report, checked = inspect(directory, product, progress)
    if report.errors:
        raise DataError(report.problems)
    progress("reading the applications and the fingerprints")
    test = checked.get(product.unlabelled.name) if product.unlabelled else None
    return Tables(
        product=product,
        train=checked[product.applications.name].values().collect(),
        test=test.values().collect() if test else None,
        history={table.name: checked[table.name].values() for table in product.past if table.name in checked},
        absent=report.absent,
        warnings=report.warnings,
        fingerprints={name: files.digest(item.stored.content) for name, item in checked.items()},
    )


def read_applications(path: Path, product: Product) -> pl.DataFrame:
    """Read one file of applications, with or without client and outcome. Raises DataError as `read` does."""
    table = product.applications
    others = {column.name for column in table.columns} - {field.name for field in product.fields}
    checked = check_file(table, files.open_file(path), optional=frozenset(others))
    if not checked.usable:
        raise DataError(checked.problems)
    return checked.values().collect()
