"""Compares how many records were answered with how many were received."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class Completeness(NamedTuple):
    """The counts over all segments that the store knows."""

    answered: int
    """Records that predictors report as written."""
    received: int
    """Records of these that arrived, including the forgotten and the expired."""
    duplicates: int
    lag_seconds: float
    """Seconds from the newest received record to the newest answered record, in the segment with the largest lag."""

    @property
    def missing(self) -> int:
        """Records that have not arrived yet, or are lost."""
        return self.answered - self.received

    @property
    def share(self) -> float:
        """Received records over answered records; 1.0 if nothing is missing."""
        return self.received / self.answered if self.answered else 1.0


def completeness(segments: Iterable[Mapping[Any, Any]]) -> Completeness:
    """Count from the rows of the table of segments."""
    answered = received = duplicates = behind = 0
    for segment in segments:
        # More records may arrive than the last report counted; all received records count as answered.
        known = max(segment["answered"], segment["received"])
        answered += known
        received += segment["received"]
        duplicates += segment["duplicates"]
        if segment["received"] < known:
            behind = max(behind, segment["answered_at"] - segment["received_at"])
    return Completeness(answered, received, duplicates, behind / 1e6)
