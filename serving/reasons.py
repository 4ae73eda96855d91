"""The reasons for a decision and the features behind each reason, from a bundle's exact contributions.

The base value and all reasons sum to the margin. The base value and all features also sum to the margin. The graph sums
a booster's leaves in 32 bits and the contributions are exact, so the base value includes the difference: some
millionths. A difference above MARGIN_TOLERANCE would mean two different models. A letter names at most MOST_REASONS
reasons, and only reasons that speak against the applicant.

A missing value can contribute as much as a known one. If a reason comes mostly from missing values, its text says so.
Otherwise a letter could say "late payments" about a client whose payments are not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np
import numpy.typing as npt

from training.bundle import Bundle, BundleError, Manifest, Reason, Rows

MOST_REASONS = 4
"""The most reasons that a letter of refusal names, so that applicants can read it."""

MOST_FEATURES = 3
"""The most features that are shown for a reason."""

MARGIN_TOLERANCE = 1e-4
"""The largest difference between the margins of a graph and of its library."""

_UNKNOWN = (" (renseignements absents)", " (information missing)")
"""The end of a reason's French and English text if the reason comes mostly from missing values."""

Floats = npt.NDArray[np.float64]
Value = float | str | None
"""A feature's value: a number, a level, or None for missing."""


class ReasonPart(msgspec.Struct, frozen=True):
    """A feature of one row, with its contribution to the margin."""

    name: str
    value: Value
    contribution: float


class GivenReason(msgspec.Struct, frozen=True):
    """A reason for an applicant, with its contribution to the margin."""

    code: str
    french: str
    english: str
    contribution: float


@dataclass(frozen=True)
class Reasons:
    """The reasons of n rows, in log-odds of default."""

    manifest: Manifest
    margin: Floats
    """[n] The margin of each decision."""
    contributions: Floats
    """[n, m] By feature."""
    matrix: npt.NDArray[np.float32]
    """[n, m] The model's input; NaN means missing."""
    sums: Floats
    """[n, r] Contributions by reason, in the manifest's order."""

    def base(self, row: int) -> float:
        """The base value of a row: its margin minus all contributions."""
        return float(self.margin[row] - self.contributions[row].sum())

    def by_feature(self, row: int) -> dict[str, float]:
        """The contribution of each feature, by name."""
        names = (feature.name for feature in self.manifest.features)
        return dict(zip(names, self.contributions[row].tolist(), strict=True))

    def by_reason(self, row: int) -> dict[str, float]:
        """The contribution of each reason, by code; reasons without a feature in the model are left out."""
        sums = self.sums[row].tolist()
        return {self.manifest.reasons[place].code: sums[place] for place in sorted(set(self._places.tolist()))}

    def against(self, row: int) -> list[GivenReason]:
        """The strongest reasons that raise the probability of default, at most MOST_REASONS, strongest first."""
        sums = self.sums[row]
        order = np.argsort(-sums, kind="stable")[:MOST_REASONS].tolist()
        return [self._reason(row, place) for place in order if sums[place] > 0]

    def parts(self, row: int, code: str) -> list[ReasonPart]:
        """The features of a reason with the largest contributions, at most MOST_FEATURES, strongest first."""
        added = self.contributions[row]
        order = np.argsort(-added, kind="stable")
        features = self.manifest.features
        ours = [place for place in order.tolist() if features[place].reason == code][:MOST_FEATURES]
        return [
            ReasonPart(
                features[place].name, value_of(self.matrix[row, place], features[place].levels), float(added[place])
            )
            for place in ours
        ]

    def _reason(self, row: int, place: int) -> GivenReason:
        reason: Reason = self.manifest.reasons[place]
        french, english = _UNKNOWN if self._rests_on_missing(row, place) else ("", "")
        return GivenReason(reason.code, reason.french + french, reason.english + english, float(self.sums[row, place]))

    def _rests_on_missing(self, row: int, place: int) -> bool:
        """Whether at least half of a reason's positive contributions come from missing values."""
        raises = np.where(self._places == place, self.contributions[row].clip(min=0), 0)
        return bool(2 * raises[np.isnan(self.matrix[row])].sum() >= raises.sum() > 0)

    @cached_property
    def _places(self) -> npt.NDArray[np.int64]:
        """[m] The index of each feature's reason."""
        places = {reason.code: place for place, reason in enumerate(self.manifest.reasons)}
        return np.array([places[feature.reason] for feature in self.manifest.features], np.int64)


def find_reasons(bundle: Bundle, rows: Rows) -> Reasons:
    """The reasons of rows; a booster takes some milliseconds per row.

    Raises BundleError if contributions and graph belong to different models.
    """
    margin, contributions = bundle.score(rows).margin, bundle.contributions(rows)
    gap = float(np.abs(contributions.sum(axis=1) - margin).max(initial=0))
    if gap > MARGIN_TOLERANCE:
        raise BundleError(f"{bundle.path}: contributions differ from the graph's margin by {gap:.1e}, not of one model")
    return Reasons(
        bundle.manifest, margin, contributions[:, :-1], bundle.features(rows), bundle.by_reason(contributions)
    )


def value_of(value: float, levels: Sequence[str]) -> Value:
    """A value of the model's matrix in readable form; `levels` are the feature's levels."""
    if np.isnan(value):
        return None
    return levels[int(value)] if levels and 0 <= value < len(levels) else float(f"{value:.6g}")
