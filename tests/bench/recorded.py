"""Whether our predictor recorded what it answered while it was measured."""

from __future__ import annotations

from pathlib import Path

from serving.records import Record, read


class UnrecordedError(Exception):
    """An answered application without a record."""


def count(log: Path) -> int:
    """The records in a log's directory."""
    return sum(isinstance(entry, Record) for path in log.glob("*.log") for _, entry in read(path.read_bytes()))


def check(log: Path, answered: int) -> int:
    """The number of records; answers that left when their client had stopped counting are among them.

    Raises UnrecordedError.
    """
    records = count(log)
    if records < answered:
        raise UnrecordedError(f"{answered:,} applications were answered, expected as many records, found {records:,}")
    return records
