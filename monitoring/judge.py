"""The verdict: what the live version's windows and closed cohorts call for, and why.

Guards come first: what is known must be enough and must be complete. Then outcomes, which say whether the model is
worse; then drift, which says only that the applicants are other ones, so it calls for a retraining when it is large,
lasts, and there is something new to learn from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from monitoring.verdict import Judgement, Verdict
from monitoring.window import Cohort, Comparison, Window


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Every default of the judgement."""

    fewest_rows: int = 1_000
    """Applications in the latest window; with fewer the verdict is keep."""
    completeness: float = 0.99
    """Share of the answered applications that must have arrived; below, the verdict is keep."""
    watch_psi: float = 0.1
    """PSI of the score from which the verdict is watch."""
    watch_weight: float = 0.1
    """Share of what moves the score that the drifted columns carry, from which the verdict is watch."""
    retrain_psi: float = 0.25
    """As `watch_psi`, for retrain."""
    retrain_weight: float = 0.3
    """As `watch_weight`, for retrain."""
    windows_in_a_row: int = 2
    """Latest windows, each of `fewest_rows`, that must be at `retrain_psi` or `retrain_weight`."""
    fewest_defaults: int = 200
    """Defaults in closed cohorts since the champion's training: with fewer there is nothing to learn from drift."""
    closed: float = 0.95
    """Share of a window's accepted applications whose outcomes must be known before it is a closed cohort."""


class _Finding(NamedTuple):
    """What one look at the facts calls for, and the sentence that says so."""

    judgement: Judgement
    sentence: str


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
    at: int,
) -> Verdict:
    """Review the live version by its windows and closed cohorts, oldest first.

    `completeness` is the share of answered applications that arrived, `lag` how many seconds they trail; `at` is in
    microseconds since 1970.
    """
    findings = _guard(windows, completeness, lag, limits) or _look(windows, cohorts, limits)
    decisive = max(findings, key=lambda finding: _SEVERITY.index(finding.judgement))
    others = [finding for finding in findings if finding is not decisive]
    window, cohort = (windows[-1] if windows else None), (cohorts[-1] if cohorts else None)
    return Verdict(
        id=f"{version}-{window.number if window else 0}-{len(cohorts)}",
        at=at,
        model=model,
        version=version,
        judgement=decisive.judgement,
        why=tuple(finding.sentence for finding in (decisive, *others)),
        window=window.id if window else None,
        cohort=cohort.id if cohort else None,
        figures={"completeness": completeness, "lag_seconds": lag} | _of_window(window) | _of_cohorts(cohorts),
        drifted=tuple(column.name for column in _drifted(window)) if window else (),
    )


def _guard(windows: Sequence[Window], completeness: float, lag: float, limits: Limits) -> list[_Finding]:
    """Why nothing may be concluded, if so."""
    if not windows:
        return [_Finding("keep", "Keep (too few): no window has been closed yet.")]
    latest = windows[-1]
    if latest.rows < limits.fewest_rows:
        sentence = (
            f"Keep (too few): window {latest.id} has {latest.rows:,} applications, "
            f"{limits.fewest_rows:,} are needed to judge it."
        )
        return [_Finding("keep", sentence)]
    if completeness < limits.completeness:
        sentence = (
            f"Keep (incomplete): {completeness:.2%} of the answered applications have arrived, "
            f"{limits.completeness:.0%} are needed; they trail by {lag:,.0f} s."
        )
        return [_Finding("keep", sentence)]
    return []


def _look(windows: Sequence[Window], cohorts: Sequence[Cohort], limits: Limits) -> list[_Finding]:
    """Every finding, the decisive among equals first."""
    findings = [_performance(cohorts[-1])] if cohorts else []
    findings.append(_drift(windows, cohorts, limits))
    if not cohorts:
        findings.append(_Finding("keep", "No cohort is closed yet: whether the answers were right is not known."))
    return findings


def _performance(cohort: Cohort) -> _Finding:
    where = f"in cohort {cohort.id} ({cohort.labelled:,} {cohort.population}, {cohort.defaults:,} defaults)"
    loss = f"log loss {cohort.log_loss.value:.4f} (hold-out {cohort.expected_log_loss:.4f})"
    auc = f"AUC {cohort.auc.value:.3f} (hold-out {cohort.expected_auc:.3f})"
    rate = f"{cohort.observed_expected.value:.2f} times the expected defaults"
    if cohort.log_loss_worse or (cohort.ranking_worse and cohort.calibration_worse):
        return _Finding(
            "retrain",
            f"Retrain: the model is worse {where}, beyond what the default rate explains and recalibrating would cure: "
            f"{loss}, {auc}, {rate}.",
        )
    if cohort.calibration_worse:
        return _Finding(
            "recalibrate",
            f"Recalibrate: the probabilities are off {where}, the ranking holds: {rate} "
            f"[{cohort.observed_expected.low:.2f}, {cohort.observed_expected.high:.2f}], {auc}; "
            f"recalibrating would cure what is too much in its {loss}.",
        )
    if cohort.ranking_worse:
        return _Finding("watch", f"Watch: the ranking is worse {where}, the log loss not beyond noise: {auc}, {loss}.")
    return _Finding("keep", f"The model did as on its hold-out {where}: {loss}, {auc}, {rate}.")


def _drift(windows: Sequence[Window], cohorts: Sequence[Cohort], limits: Limits) -> _Finding:
    latest = windows[-1]
    figures = _figures(latest)
    if not _beyond(latest, limits.watch_psi, limits.watch_weight):
        return _Finding("keep", f"Keep: {figures}; neither is at {limits.watch_psi:g} and {limits.watch_weight:.0%}.")
    run = _run(windows, limits)
    if not run:
        return _Finding(
            "watch", f"Watch: {figures}; at {limits.watch_psi:g} or {limits.watch_weight:.0%} applicants are others."
        )
    bounds = f"{limits.retrain_psi:g} or {limits.retrain_weight:.0%}"
    if run < limits.windows_in_a_row:
        return _Finding(
            "watch",
            f"Watch (not for long enough): {figures}; at {bounds} in {run} of {limits.windows_in_a_row} windows in a "
            "row that call for retraining.",
        )
    defaults = sum(cohort.defaults for cohort in cohorts)
    if defaults < limits.fewest_defaults:
        return _Finding(
            "watch",
            f"Watch (too few defaults): {figures}; at {bounds} in {run} windows in a row, but closed cohorts have "
            f"{defaults:,} defaults since training, {limits.fewest_defaults:,} are needed to learn from.",
        )
    return _Finding(
        "retrain",
        f"Retrain: {figures}; at {bounds} in {run} windows in a row, and closed cohorts have {defaults:,} defaults "
        "since training to learn from.",
    )


def _run(windows: Sequence[Window], limits: Limits) -> int:
    """How many of the latest windows in a row are large enough and far enough off to call for retraining."""
    run = 0
    for window in reversed(windows):
        if window.rows < limits.fewest_rows or not _beyond(window, limits.retrain_psi, limits.retrain_weight):
            break
        run += 1
    return run


def _beyond(window: Window, shift: float, weight: float) -> bool:
    return window.score.psi >= shift or window.drifted_weight >= weight


def _drifted(window: Window) -> list[Comparison]:
    """The weightiest first; of equal ones the farthest off."""
    return sorted((one for one in window.columns if one.drifted), key=lambda one: (-one.weight, -one.psi))


def _figures(window: Window) -> str:
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


def _of_cohorts(cohorts: Sequence[Cohort]) -> dict[str, float]:
    """Of the latest, and the defaults of all."""
    if not cohorts:
        return {"defaults": 0}
    latest = cohorts[-1]
    return {
        "defaults": sum(cohort.defaults for cohort in cohorts),
        "log_loss": latest.log_loss.value,
        "expected_log_loss": latest.expected_log_loss,
        "auc": latest.auc.value,
        "expected_auc": latest.expected_auc,
        "observed_expected": latest.observed_expected.value,
    }
