"""Why a decision: the reasons behind it and the features behind those, from a bundle's exact contributions.

The base value and all reasons together are the margin; so are the base value and all features. The graph sums a
booster's leaves in 32 bits and the contributions are exact, so the base takes the difference, some millionths; more
than MARGIN_TOLERANCE would mean that they are of two models. A letter names at most MOST_REASONS reasons, and only what
speaks against the applicant.

Being unknown can weigh as much as any value. A reason that rests mostly on what is missing says so, because "late
payments" would be an untrue thing to write to somebody of whose payments nothing is known.
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
"""What a letter of refusal can name and an applicant can read."""

MOST_FEATURES = 3
"""Features told for a reason."""

MARGIN_TOLERANCE = 1e-4
"""By which a graph's margin may differ from its library's."""

_UNKNOWN = (" (renseignements absents)", " (information missing)")
"""What a reason's French and English text ends in where it rests on missing values."""

Floats = npt.NDArray[np.float64]
Value = float | str | None
"""A feature's value: a number, a level, or None for missing."""


class ReasonPart(msgspec.Struct, frozen=True):
    """A feature of one row, and what it adds to the margin."""

    name: str
    value: Value
    contribution: float


class GivenReason(msgspec.Struct, frozen=True):
    """A reason as it is told to an applicant, with what it adds to the margin."""

    code: str
    french: str
    english: str
    contribution: float


@dataclass(frozen=True)
class Reasons:
    """The reasons of n rows, in log-odds of default."""

    manifest: Manifest
    margin: Floats
    """[n], as decided on."""
    contributions: Floats
    """[n, m]."""
    matrix: npt.NDArray[np.float32]
    """[n, m] as the model saw it; NaN = missing."""
    sums: Floats
    """[n, r]: by reason, in the manifest's order."""

    def base(self, row: int) -> float:
        """The margin of nobody in particular, to which everything else adds."""
        return float(self.margin[row] - self.contributions[row].sum())

    def by_feature(self, row: int) -> dict[str, float]:
        """What each feature adds, by name."""
        names = (feature.name for feature in self.manifest.features)
        return dict(zip(names, self.contributions[row].tolist(), strict=True))

    def by_reason(self, row: int) -> dict[str, float]:
        """What each reason adds, by code; those that the model has no feature of are left out."""
        sums = self.sums[row].tolist()
        return {self.manifest.reasons[place].code: sums[place] for place in sorted(set(self._places.tolist()))}

    def against(self, row: int) -> list[GivenReason]:
        """The reasons that raise the probability of default most, at most MOST_REASONS, strongest first."""
        sums = self.sums[row]
        order = np.argsort(-sums, kind="stable")[:MOST_REASONS].tolist()
        return [self._told(row, place) for place in order if sums[place] > 0]

    def parts(self, row: int, code: str) -> list[ReasonPart]:
        """The features of a reason that add most, at most MOST_FEATURES, strongest first."""
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

    def _told(self, row: int, place: int) -> GivenReason:
        reason: Reason = self.manifest.reasons[place]
        french, english = _UNKNOWN if self._rests_on_missing(row, place) else ("", "")
        return GivenReason(reason.code, reason.french + french, reason.english + english, float(self.sums[row, place]))

    def _rests_on_missing(self, row: int, place: int) -> bool:
        """Whether at least half of what speaks against the applicant in a reason comes from missing values."""
        raises = np.where(self._places == place, self.contributions[row].clip(min=0), 0)
        return bool(2 * raises[np.isnan(self.matrix[row])].sum() >= raises.sum() > 0)

    @cached_property
    def _places(self) -> npt.NDArray[np.int64]:
        """[m]: the place of each feature's reason."""
        places = {reason.code: place for place, reason in enumerate(self.manifest.reasons)}
        return np.array([places[feature.reason] for feature in self.manifest.features], np.int64)


def find_reasons(bundle: Bundle, rows: Rows) -> Reasons:
    """The reasons of rows; a booster takes some milliseconds a row.

    Raises BundleError where contributions and graph are not of one model.
    """
    margin, contributions = bundle.score(rows).margin, bundle.contributions(rows)
    gap = float(np.abs(contributions.sum(axis=1) - margin).max(initial=0))
    if gap > MARGIN_TOLERANCE:
        raise BundleError(f"{bundle.path}: contributions differ from the graph's margin by {gap:.1e}, not of one model")
    return Reasons(
        bundle.manifest, margin, contributions[:, :-1], bundle.features(rows), bundle.by_reason(contributions)
    )


def value_of(value: float, levels: Sequence[str]) -> Value:
    """A value of the model's matrix as people read it; `levels` are the feature's."""
    if np.isnan(value):
        return None
    return levels[int(value)] if levels and 0 <= value < len(levels) else float(f"{value:.6g}")
