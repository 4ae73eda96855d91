"""What was answered against what was received."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class Completeness(NamedTuple):
    """Over all segments that the store has heard of."""

    answered: int
    """Records that predictors say they wrote."""
    received: int
    """Those of them that came, the forgotten and expired ones included."""
    duplicates: int
    lag_seconds: float
    """How far what came trails what was answered, in the segment where that is worst."""

    @property
    def missing(self) -> int:
        """Records that are on their way, or lost."""
        return self.answered - self.received

    @property
    def share(self) -> float:
        """1.0 where nothing is missing."""
        return self.received / self.answered if self.answered else 1.0


def completeness(segments: Iterable[Mapping[Any, Any]]) -> Completeness:
    """From the rows of the table of segments."""
    answered = received = duplicates = behind = 0
    for segment in segments:
        # More came than was announced: it will be. What came counts as answered.
        known = max(segment["answered"], segment["received"])
        answered += known
        received += segment["received"]
        duplicates += segment["duplicates"]
        if segment["received"] < known:
            behind = max(behind, segment["answered_at"] - segment["received_at"])
    return Completeness(answered, received, duplicates, behind / 1e6)
