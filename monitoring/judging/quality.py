"""What is unusual about a field's values as such: missing, of a level that training never saw, out of its range."""

from __future__ import annotations

from monitoring.judging.drift import Column, Floats, Numbers
from monitoring.verdict import Quality


def quality(column: Column, counts: Floats) -> Quality:
    """Of one field, from a window's counts by the column's bins."""
    missing, strange = (counts[-2:] / counts.sum()).tolist()
    number = isinstance(column.binning, Numbers)
    return Quality(
        name=column.name,
        missing=missing,
        missing_reference=column.missing,
        unseen=0.0 if number else strange,
        outside=strange if number else 0.0,
    )
