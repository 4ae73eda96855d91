"""The rule of the verdict: what should be done about the live version, and why.

Guards come first: there must be enough records, and they must be complete. Outcomes come second: they show whether the
model is worse. Drift comes last: it shows only that the applicants changed. So drift leads to a retraining only if it
is large, it lasts, and there are new defaults to learn from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from monitoring.verdict import Cohort, Comparison, Guard, Judgement, Verdict, Window


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """All limits of the judgement, with their defaults."""

    fewest_rows: int = 1_000
    """Applications in the latest window; if there are fewer, the verdict is keep."""
    completeness: float = 0.99
    """Share of the answered applications that must have arrived; if it is lower, the verdict is keep."""
    watch_psi: float = 0.1
    """If the PSI of the score is at least this, the verdict is watch."""
    watch_weight: float = 0.1
    """If the drifted columns' summed weight is at least this, the verdict is watch."""
    retrain_psi: float = 0.25
    """The limit of the score's PSI for retrain."""
    retrain_weight: float = 0.3
    """The limit of the drifted columns' summed weight for retrain."""
    windows_in_a_row: int = 2
    """Number of latest windows, each with `fewest_rows`, that must reach `retrain_psi` or `retrain_weight`."""
    fewest_defaults: int = 200
    """Defaults in closed cohorts since the champion's training; if there are fewer, a retraining has too little to
    learn from."""
    closed: float = 0.95
    """Share of a window's accepted applications whose outcomes must be known before it is a closed cohort."""


class _Finding(NamedTuple):
    """A judgement from one part of the facts, and its sentence."""

    judgement: Judgement
    text: str
    guard: Guard | None = None

    def __str__(self) -> str:
        guard = f" ({self.guard})" if self.guard else ""
        return f"{self.judgement.capitalize()}{guard}: {self.text}"


_SEVERITY: tuple[Judgement, ...] = ("keep", "watch", "recalibrate", "retrain")


def judge(
    windows: Sequence[Window],
    cohorts: Sequence[Cohort],
    completeness: float,
    lag: float,
    limits: Limits,
    *,
    model: str,
    version: str,
    first: int = 1,
    at: int,
) -> Verdict:
    """Review the live version by its windows and closed cohorts, oldest first.

    `first` is the number of the first window since the version went live. Earlier cohorts are from an earlier time that
    it was live: only their defaults count, because a retraining can learn from them. `completeness` is the share of
    answered applications that arrived, `lag` their delay in seconds; `at` is in microseconds since 1970.
    """
    windows = [window for window in windows if window.number >= first]
    defaults, known = sum(cohort.defaults for cohort in cohorts), len(cohorts)
    cohorts = [cohort for cohort in cohorts if cohort.number >= first]
    since = "yet" if first == 1 else f"since version {version} went live again"
    findings = _guard(windows, completeness, lag, limits, since) or _look(windows, cohorts, defaults, limits, since)
    decisive = max(findings, key=lambda finding: _SEVERITY.index(finding.judgement))
    others = [finding.text[0].upper() + finding.text[1:] for finding in findings if finding is not decisive]
    window, cohort = (windows[-1] if windows else None), (cohorts[-1] if cohorts else None)
    incomplete = "-incomplete" if decisive.guard == "incomplete" else ""
    return Verdict(
        id=f"{version}-{window.number if window else 0}-{known}" + incomplete,
        at=at,
        model=model,
        version=version,
        judgement=decisive.judgement,
        guard=decisive.guard,
        why=(str(decisive), *others),
        window=window.id if window else None,
        cohort=cohort.id if cohort else None,
        figures={"completeness": completeness, "lag_seconds": lag, "defaults": defaults}
        | _of_window(window)
        | _of_cohort(cohort),
        drifted=tuple(column.name for column in _drifted(window)) if window else (),
    )


def _guard(windows: Sequence[Window], completeness: float, lag: float, limits: Limits, since: str) -> list[_Finding]:
    """The reason why nothing may be concluded; empty if there is none."""
    if not windows:
        return [_Finding("keep", f"no window has been closed {since}.", "too few")]
    latest = windows[-1]
    if latest.rows < limits.fewest_rows:
        text = (
            f"window {latest.id} has {latest.rows:,} applications, {limits.fewest_rows:,} are needed to judge a window."
        )
        return [_Finding("keep", text, "too few")]
    if completeness < limits.completeness:
        text = (
            f"{completeness:.2%} of the answered applications have arrived, {limits.completeness:.0%} are needed to "
            f"judge them; they trail by {lag:,.0f} s."
        )
        return [_Finding("keep", text, "incomplete")]
    return []


def _look(
    windows: Sequence[Window], cohorts: Sequence[Cohort], defaults: int, limits: Limits, since: str
) -> list[_Finding]:
    """All findings; among equally severe findings the first decides."""
    drift = _drift(windows, defaults, limits)
    if not cohorts:
        return [drift, _Finding("keep", f"no cohort is closed {since}: whether the answers were right is not known.")]
    return [_performance(cohorts[-1]), drift]


def _performance(cohort: Cohort) -> _Finding:
    where = f"in cohort {cohort.id} ({cohort.labelled:,} {cohort.population}, {cohort.defaults:,} defaults)"
    loss = f"log loss {cohort.log_loss.value:.4f} (hold-out {cohort.expected_log_loss:.4f})"
    auc = f"AUC {cohort.auc.value:.3f} (hold-out {cohort.expected_auc:.3f})"
    ratio = cohort.observed_expected
    rate = f"{ratio.value:.2f} times the expected defaults [{ratio.low:.2f}, {ratio.high:.2f}]"
    if cohort.log_loss_worse or (cohort.ranking_worse and cohort.calibration_worse):
        text = (
            f"the answers are worse {where}, beyond what the default rate explains and recalibrating would cure: "
            f"{loss}, {auc}, {rate}."
        )
        return _Finding("retrain", text)
    if cohort.calibration_worse:
        text = (
            f"the probabilities are off {where} while the ranking holds, so recalibrating would cure them: "
            f"{rate}, {loss}, {auc}."
        )
        return _Finding("recalibrate", text)
    if cohort.ranking_worse:
        return _Finding("watch", f"the ranking is worse {where}, the log loss not beyond chance: {auc}, {loss}.")
    return _Finding("keep", f"nothing about the answers is worse beyond chance {where}: {loss}, {auc}, {rate}.")


def _drift(windows: Sequence[Window], defaults: int, limits: Limits) -> _Finding:
    seen = _seen(windows[-1])
    if not _beyond(windows[-1], limits.watch_psi, limits.watch_weight):
        return _Finding("keep", f"{seen}; a review watches from {limits.watch_psi:g} or {limits.watch_weight:.0%} on.")
    run, bounds = _run(windows, limits), f"{limits.retrain_psi:g} or {limits.retrain_weight:.0%}"
    if not run:
        return _Finding("watch", f"{seen}; from {bounds} on it could call for a retraining.")
    if run < limits.windows_in_a_row:
        text = f"{seen}; that is {bounds} or more in {run} window in a row, {limits.windows_in_a_row} are needed."
        return _Finding("watch", text, "not for long enough")
    text = (
        f"{seen}; that is {bounds} or more in {run} windows in a row, and closed cohorts have {defaults:,} defaults "
        "since training to learn from"
    )
    if defaults < limits.fewest_defaults:
        return _Finding("watch", f"{text}, {limits.fewest_defaults:,} are needed.", "too few defaults")
    return _Finding("retrain", f"{text}.")


def _run(windows: Sequence[Window], limits: Limits) -> int:
    """How many of the latest windows in a row have enough rows and enough drift for a retraining."""
    run = 0
    for window in reversed(windows):
        if window.rows < limits.fewest_rows or not _beyond(window, limits.retrain_psi, limits.retrain_weight):
            break
        run += 1
    return run


def _beyond(window: Window, shift: float, weight: float) -> bool:
    return window.score.psi >= shift or window.drifted_weight >= weight


def _drifted(window: Window) -> list[Comparison]:
    """The drifted columns, the largest weight first, then the largest PSI."""
    return sorted(
        (column for column in window.columns if column.drifted), key=lambda column: (-column.weight, -column.psi)
    )


def _seen(window: Window) -> str:
    drifted = _drifted(window)
    named = ", ".join(column.name for column in drifted[:3]) + (" …" if len(drifted) > 3 else "")
    columns = f"{len(drifted)} of {len(window.columns)} columns drifted" + (f" ({named})" if drifted else "")
    return (
        f"in window {window.id} the score's PSI is {window.score.psi:.3f}, and {columns}, "
        f"which carry {window.drifted_weight:.1%} of what moves the score"
    )


def _of_window(window: Window | None) -> dict[str, float]:
    if window is None:
        return {}
    return {
        "rows": window.rows,
        "score_psi": window.score.psi,
        "drifted_weight": window.drifted_weight,
        "drifted_columns": len(_drifted(window)),
        "approved": window.approved,
        "mean_probability": window.mean_probability,
    }


def _of_cohort(cohort: Cohort | None) -> dict[str, float]:
    if cohort is None:
        return {}
    return {
        "log_loss": cohort.log_loss.value,
        "expected_log_loss": cohort.expected_log_loss,
        "auc": cohort.auc.value,
        "expected_auc": cohort.expected_auc,
        "observed_expected": cohort.observed_expected.value,
    }
