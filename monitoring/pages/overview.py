"""The first page: the state of the live version, and the facts behind its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitoring.judging.rule import Limits
from monitoring.pages.chart import Chart, Curve, Limit, Place, Value, over_time
from monitoring.pages.figures import path, percent, plain, span
from monitoring.pages.heat import MOST_WINDOWS, Heat, heat
from monitoring.pages.source import Facts
from monitoring.store.verdicts import FollowedVerdict
from monitoring.verdict import Cohort, Window


@dataclass(frozen=True)
class VersionSpan:
    """The time in which a version answered, from its windows."""

    version: str
    live: bool
    windows: int
    rows: int
    since: int | None
    until: int | None
    left: float
    """Left end of its stripe on the time axis of all versions, in percent."""
    width: float
    latest: FollowedVerdict | None


@dataclass(frozen=True)
class OverviewPage:
    """Everything the template needs."""

    facts: Facts
    judged: FollowedVerdict | None
    """The latest verdict about the live version."""
    window: Window | None
    """The latest window of the live version."""
    heat: Heat | None
    charts: tuple[Chart, ...]
    outcomes: tuple[Chart, ...]
    cohorts: tuple[Cohort, ...]
    """Newest first."""
    versions: tuple[VersionSpan, ...]
    """Newest first."""


def overview(facts: Facts) -> OverviewPage:
    """The page's model."""
    windows, own = facts.windows, [window for window in facts.windows if window.version == facts.live]
    return OverviewPage(
        facts=facts,
        judged=_latest(facts.verdicts, facts.live),
        window=own[-1] if own else None,
        heat=heat(windows, facts.limits) if windows else None,
        charts=_charts(windows[-MOST_WINDOWS:], facts.limits) if windows else (),
        outcomes=_outcomes(facts, facts.cohorts[-MOST_WINDOWS:]) if facts.cohorts else (),
        cohorts=tuple(reversed(facts.cohorts)),
        versions=_versions(facts),
    )


def place(window: Window) -> Place:
    """A window's place in a chart."""
    title = f"Window {window.id}, {span(window.since, window.until)}"
    return Place(window.since, window.version, title, path("windows", window.id))


def _charts(windows: Sequence[Window], limits: Limits) -> tuple[Chart, ...]:
    places = [place(window) for window in windows]

    def now(name: str, values: list[float]) -> list[Curve]:
        return [Curve(name, "now", [Value(value) for value in values])]

    return (
        over_time(
            "Score drift",
            "PSI of the probabilities",
            places,
            now("score PSI", [window.score.psi for window in windows]),
            limits=(
                Limit(f"{plain(limits.watch_psi)}, watch", "watch", limits.watch_psi),
                Limit(f"{plain(limits.retrain_psi)}, retrain", "act", limits.retrain_psi),
            ),
        ),
        over_time(
            "Drifted share",
            "of what moves the score",
            places,
            now("drifted share", [window.drifted_weight for window in windows]),
            percent=True,
            limits=(
                Limit(f"{percent(limits.watch_weight)}, watch", "watch", limits.watch_weight),
                Limit(f"{percent(limits.retrain_weight)}, retrain", "act", limits.retrain_weight),
            ),
        ),
        over_time(
            "Mean probability",
            "of default",
            places,
            now("mean probability", [window.mean_probability for window in windows]),
            percent=True,
        ),
        over_time(
            "Approval rate",
            "of applications",
            places,
            now("approved", [window.approved for window in windows]),
            percent=True,
        ),
    )


def _outcomes(facts: Facts, cohorts: Sequence[Cohort]) -> tuple[Chart, ...]:
    places = [_place(facts, cohort) for cohort in cohorts]

    def against(name: str, unit: str, observed: list[Value], expected: list[Value], limits: list[Limit]) -> Chart:
        curves = [Curve("with its 95% interval", "now", observed)]
        if expected:
            curves.append(Curve("expected", "expected", expected))
        return over_time(name, unit, places, curves, limits=limits, zero=False)

    return (
        against(
            "Log loss",
            "lower is better",
            [Value(cohort.log_loss.value, cohort.log_loss.low, cohort.log_loss.high) for cohort in cohorts],
            [Value(cohort.expected_log_loss) for cohort in cohorts],
            [],
        ),
        against(
            "AUC",
            "ranking, higher is better",
            [Value(cohort.auc.value, cohort.auc.low, cohort.auc.high) for cohort in cohorts],
            [Value(cohort.expected_auc) for cohort in cohorts],
            [],
        ),
        against(
            "Observed over expected",
            "defaults, 1 is calibrated",
            [
                Value(cohort.observed_expected.value, cohort.observed_expected.low, cohort.observed_expected.high)
                for cohort in cohorts
            ],
            [],
            [Limit("as expected", "even", 1.0)],
        ),
    )


def _place(facts: Facts, cohort: Cohort) -> Place:
    window = facts.window(cohort.id)
    return place(window) if window else Place(cohort.closed_at, cohort.version, f"Window {cohort.id}", "")


def _versions(facts: Facts) -> tuple[VersionSpan, ...]:
    known = dict.fromkeys(window.version for window in facts.windows)
    if facts.live is not None:
        known.setdefault(facts.live)
    first = min((window.since for window in facts.windows), default=0)
    whole = max(max((window.until for window in facts.windows), default=0) - first, 1)
    return tuple(_version(facts, version, first, whole) for version in reversed(known))


def _version(facts: Facts, version: str, first: int, whole: int) -> VersionSpan:
    own = [window for window in facts.windows if window.version == version]
    since, until = (own[0].since, max(window.until for window in own)) if own else (None, None)
    width = 0.0 if since is None or until is None else 100 * (until - since) / whole
    return VersionSpan(
        version=version,
        live=version == facts.live,
        windows=len(own),
        rows=sum(window.rows for window in own),
        since=since,
        until=until,
        left=0.0 if since is None else round(min(100 * (since - first) / whole, 99), 2),
        width=round(max(width, 1.0), 2) if own else 0.0,
        latest=_latest(facts.verdicts, version),
    )


def _latest(verdicts: Sequence[FollowedVerdict], version: str | None) -> FollowedVerdict | None:
    return next((judged for judged in verdicts if judged.verdict.version == version), None)
