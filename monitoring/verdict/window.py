"""The figures of a window of records, and the figures of its outcomes when they are known.

A window is a run of consecutive records of one version. When nearly all of its outcomes are known, it is a closed
cohort: the same records at a later time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from training.bundle import Interval

Kind = Literal["field", "history", "score"]
Population = Literal["accepted", "accepted and explored"]
"""Whose outcomes are known: only those of accepted applications, or also those of a stated share of the refused."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One column of a window, compared with the same column of the reference."""

    name: str
    kind: Kind
    bins: tuple[str, ...]
    """Names of the bins for people: `up to 12.5`, `12.5 to 20`, `above 20`, a single number or level, `other levels`,
    `missing`, `unseen`, `outside 1 to 40`. Bins that are empty on both sides are left out."""
    reference: tuple[float, ...]
    """The reference's share in each bin; the shares sum to 1. `now` has the window's shares."""
    now: tuple[float, ...]
    psi: float
    noise: float
    """Upper limit of the PSI by chance alone: (1/n + 1/m) chi2(bins - 1; 1 - 0.01 / columns). The window has n rows and
    the reference m; if the reference is weighted, m is the effective number."""
    drifted: bool
    """Whether the PSI is at least 0.1 and at least the noise."""
    weight: float
    """The column's share of the mean |contribution| to the margin, 0 to 1; the score's is 0."""


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """Unusual values of one field, as shares of the window's rows."""

    name: str
    missing: float
    missing_reference: float
    unseen: float
    """Share of levels that training never saw."""
    outside: float
    """Share of numbers outside the range that training saw."""


class GroupFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Approval and error rates of one group of a protected field, in a window or a cohort."""

    field: str
    name: str
    rows: int
    approved: float
    """Approval rate."""
    ratio: float
    """Approval rate over the highest approval rate among the field's groups that are large enough to compare with."""
    accepted_defaulted: float | None = None
    """Share of the accepted with a known outcome that defaulted; None without outcomes."""
    good_refused: float | None = None
    """Share of those who repaid that was refused; None unless refused applications were explored."""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A closed window: all figures of its records that need no outcomes."""

    model: str
    version: str
    number: int
    """1, 2, 3 … within the version."""
    since: int
    """Time of the first record, in microseconds since 1970, UTC."""
    until: int
    """Time of the last record."""
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
    """Expected log loss if the model is calibrated: CBPE (NannyML), from the calibrated probabilities alone."""
    expected_auc: float
    quality: tuple[Quality, ...]
    warned: float
    """Share of the applications answered with a warning."""
    histories: Mapping[str, int]
    """Number of applications by history status: found, none, not asked, stale."""
    groups: tuple[GroupFigures, ...]
    quantiles: Mapping[str, float]
    """Quantiles of the probability by share; `0.5` is the median."""

    @property
    def id(self) -> str:
        """`<version>-<number>`."""
        return f"{self.version}-{self.number}"


class Cohort(msgspec.Struct, frozen=True, kw_only=True):
    """A window whose outcomes are known: how good the answers of its version were."""

    version: str
    number: int
    """The window's number."""
    closed_at: int
    """When enough outcomes were known, in microseconds since 1970, UTC."""
    population: Population
    labelled: int
    explored: int
    """How many of the labelled were refused and accepted only to learn from them; each has the weight 1 / its share."""
    defaults: int
    log_loss: Interval
    expected_log_loss: float
    """The version's log loss on its own hold-out, restricted to the same population."""
    auc: Interval
    expected_auc: float
    observed_expected: Interval
    """Observed defaults over the sum of the probabilities."""
    cost: Interval | None
    """Cost per applicant at the threshold. None without explored applications, because the cost of refusals is then not
    known."""
    log_loss_worse: bool
    """Log loss is above the hold-out's, at a significance of 1 %. Before, both are recalibrated on their own rows, and
    the hold-out is weighted to the cohort's default rate. This and the next two fields are False if either side has
    fewer than 30 of either outcome."""
    ranking_worse: bool
    """AUC is below the hold-out's, at a significance of 1 %."""
    calibration_worse: bool
    """Two conditions hold. Intercept and slope of outcomes on log-odds differ from the hold-out's, at a significance of
    1 %. And recalibrating would save 0.5 % of the log loss."""
    calibration: tuple[tuple[float, float, int], ...]
    """Up to ten groups of about equally many rows, in order of probability. Each has the weighted mean probability, the
    weighted default rate, and the number of rows."""
    groups: tuple[GroupFigures, ...]

    @property
    def id(self) -> str:
        """The window's id."""
        return f"{self.version}-{self.number}"
