"""What is known about a window of records, and about its outcomes once they are there.

A window is a run of consecutive records of one version. When nearly all of its outcomes are known it is a closed
cohort: the same records, seen later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from training.bundle import Interval

Kind = Literal["field", "history", "score"]
Population = Literal["accepted", "accepted and explored"]
"""Whose outcomes are known: of accepted applications alone, or of a stated share of the refused ones too."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One column of a window beside the same column of the reference."""

    name: str
    kind: Kind
    bins: tuple[str, ...]
    """What falls into each, as people read it: `up to 12.5`, `12.5 to 20`, `above 20`, a number or level alone, `other
    levels`, `missing`, `unseen`, `outside 1 to 40`; without those that nobody is in, then and now."""
    reference: tuple[float, ...]
    """Shares of the bins; they sum to 1."""
    now: tuple[float, ...]
    psi: float
    noise: float
    """The PSI that chance alone stays below: (1/n + 1/m) chi2(bins - 1; 1 - 0.01 / columns), with n rows in the window
    and m in the reference, the effective number where they are weighted."""
    drifted: bool
    """Whether the PSI is at least 0.1 and at least the noise."""
    weight: float
    """The column's share of the mean |contribution| to the margin, 0 to 1; the score's is 0."""


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """What was unusual about one field's values; shares of the window's rows."""

    name: str
    missing: float
    missing_reference: float
    unseen: float
    """Levels that training never saw."""
    outside: float
    """Numbers outside of the range that training saw."""


class GroupFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How one group of a protected field fared in a window or a cohort."""

    field: str
    name: str
    rows: int
    approved: float
    """Approval rate."""
    ratio: float
    """To the highest approval rate of the field's groups that are large enough to be a yardstick."""
    accepted_defaulted: float | None = None
    """Of its accepted with a known outcome, the share that defaulted; None without outcomes."""
    good_refused: float | None = None
    """Of those who repaid, the share that was refused; None unless refused applications were explored."""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A closed window: all that is said of its records without their outcomes."""

    model: str
    version: str
    number: int
    """1, 2, 3 … within the version."""
    since: int
    """Microseconds since 1970, UTC: of the first record."""
    until: int
    """Of the last record."""
    rows: int
    score: Comparison
    columns: tuple[Comparison, ...]
    """Fields, then history features, in the bundle's order."""
    drifted_weight: float
    """The sum of the drifted columns' weights: their share of what moves the score."""
    approved: float
    """Approval rate."""
    mean_probability: float
    expected_log_loss: float
    """If the probabilities hold: without outcomes, CBPE (NannyML) from the calibrated probabilities alone."""
    expected_auc: float
    quality: tuple[Quality, ...]
    warned: float
    """Share of the applications answered with a warning."""
    histories: Mapping[str, int]
    """Applications by history status: found, none, not asked, stale."""
    groups: tuple[GroupFigures, ...]
    quantiles: Mapping[str, float]
    """Of the probability, by share; `0.5` is the median."""

    @property
    def id(self) -> str:
        """`<version>-<number>`."""
        return f"{self.version}-{self.number}"


class Cohort(msgspec.Struct, frozen=True, kw_only=True):
    """A window whose outcomes are known: how the version that answered it did."""

    version: str
    number: int
    """The window's."""
    closed_at: int
    """Microseconds since 1970, UTC: when enough outcomes were known."""
    population: Population
    labelled: int
    explored: int
    """Of the labelled: refused applications that were accepted to learn from them, each weighted by 1 / its share."""
    defaults: int
    log_loss: Interval
    expected_log_loss: float
    """The version's on its own hold-out, restricted to the same population."""
    auc: Interval
    expected_auc: float
    observed_expected: Interval
    """Defaults that happened over the sum of the probabilities."""
    cost: Interval | None
    """Per applicant at the threshold; None without explored applications, where a refusal's cost is not known."""
    log_loss_worse: bool
    """Above the hold-out's at one chance in a hundred, once both are recalibrated on themselves and the hold-out is
    weighted to the cohort's default rate. As the next two, never with fewer than 30 of either outcome on a side."""
    ranking_worse: bool
    """AUC is below the hold-out's at one chance in a hundred."""
    calibration_worse: bool
    """Intercept and slope of outcomes on log-odds are not the hold-out's at one chance in a hundred, and recalibrating
    would save 0.5 % of the log loss."""
    calibration: tuple[tuple[float, float, int], ...]
    """By up to ten runs of about equally many rows, in the order of probability: mean probability, default rate, both
    weighted, and rows."""
    groups: tuple[GroupFigures, ...]

    @property
    def id(self) -> str:
        """That of its window."""
        return f"{self.version}-{self.number}"
