"""Which facts make which verdict, and which guard stays it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest

from monitoring.judging.rule import Limits, judge
from monitoring.verdict import Cohort, Comparison, Verdict, Window
from training.bundle import Interval

CALM: Mapping[str, Any] = {}
FAR: Mapping[str, Any] = {"shift": 0.3}
MOVED: Mapping[str, Any] = {"shift": 0.12}


def comparison(name: str, shift: float, weight: float) -> Comparison:
    return Comparison(
        name=name,
        kind="score" if name == "probability" else "field",
        bins=("0", "1"),
        reference=(0.5, 0.5),
        now=(0.5, 0.5),
        psi=shift,
        noise=0.01,
        drifted=shift >= 0.1,
        weight=weight,
    )


def window(number: int = 1, rows: int = 2000, shift: float = 0.0, weights: Sequence[float] = ()) -> Window:
    columns = tuple(comparison(f"FIELD_{i}", 0.2, weight) for i, weight in enumerate(weights))
    return Window(
        model="credit-default",
        version="3",
        number=number,
        since=0,
        until=1,
        rows=rows,
        score=comparison("probability", shift, 0),
        columns=(*columns, comparison("CALM", 0.0, 1 - sum(weights))),
        drifted_weight=sum(weights),
        approved=0.7,
        mean_probability=0.08,
        expected_log_loss=0.2,
        expected_auc=0.75,
        quality=(),
        warned=0,
        histories={},
        groups=(),
        quantiles={},
    )


def cohort(number: int = 1, defaults: int = 100, **worse: bool) -> Cohort:
    return Cohort(
        version="3",
        number=number,
        closed_at=1,
        population="accepted",
        labelled=1500,
        explored=0,
        defaults=defaults,
        log_loss=Interval(value=0.3, low=0.28, high=0.32),
        expected_log_loss=0.2,
        auc=Interval(value=0.7, low=0.65, high=0.75),
        expected_auc=0.72,
        observed_expected=Interval(value=1.5, low=1.3, high=1.7),
        cost=None,
        log_loss_worse=worse.get("log_loss", False),
        ranking_worse=worse.get("ranking", False),
        calibration_worse=worse.get("calibration", False),
        calibration=(),
        groups=(),
    )


def review(
    windows: Sequence[Mapping[str, Any]],
    cohorts: Sequence[Cohort] = (),
    completeness: float = 1.0,
    first: int = 1,
    **limits: Any,
) -> Verdict:
    made = [window(number, **facts) for number, facts in enumerate(windows, 1)]
    return judge(
        made, cohorts, completeness, 12.0, Limits(**limits), model="credit-default", version="3", first=first, at=5
    )


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        ([CALM], "keep"),
        ([{"shift": 0.099}], "keep"),
        ([{"shift": 0.1}], "watch"),
        ([{"weights": (0.06, 0.03)}], "keep"),
        ([{"weights": (0.06, 0.04)}], "watch"),
        ([FAR], "watch"),
        ([FAR, FAR], "retrain"),
        ([{"shift": 0.25}, {"weights": (0.3,)}], "retrain"),
        ([{"shift": 0.25}, {"weights": (0.29,)}], "watch"),
        ([FAR, CALM, FAR], "watch"),
        ([FAR, FAR, CALM], "keep"),
        ([FAR, {"shift": 0.3, "rows": 999}, FAR], "watch"),
    ],
)
def test_drift_decides_with_defaults_to_learn_from(windows: list[Mapping[str, Any]], expected: str) -> None:
    assert review(windows, [cohort(1), cohort(2)]).judgement == expected


@pytest.mark.parametrize(
    ("worse", "expected"),
    [
        ({}, "keep"),
        ({"calibration"}, "recalibrate"),
        ({"ranking"}, "watch"),
        ({"log_loss"}, "retrain"),
        ({"log_loss", "calibration"}, "retrain"),
        ({"ranking", "calibration"}, "retrain"),
    ],
)
def test_outcomes_decide(worse: set[str], expected: str) -> None:
    assert review([CALM], [cohort(**dict.fromkeys(worse, True))]).judgement == expected


def test_the_latest_cohort_is_judged() -> None:
    assert review([CALM], [cohort(1, log_loss=True), cohort(2)]).judgement == "keep"


@pytest.mark.parametrize(
    ("windows", "completeness", "opening"),
    [
        ([], 1.0, "Keep (too few): no window has been closed yet."),
        ([{"shift": 0.3, "rows": 999}], 1.0, "Keep (too few): window 3-1 has 999 applications, 1,000 are needed"),
        ([FAR, FAR], 0.989, "Keep (incomplete): 98.90% of the answered applications have arrived, 99% are needed"),
    ],
)
def test_a_guard_keeps(windows: list[Mapping[str, Any]], completeness: float, opening: str) -> None:
    verdict = review(windows, [cohort(defaults=500, log_loss=True)], completeness)
    assert verdict.judgement == "keep"
    assert verdict.why[0].startswith(opening)
    assert len(verdict.why) == 1


def test_drift_waits_for_a_second_window() -> None:
    (first, *_) = review([FAR], [cohort(defaults=500)]).why
    assert first.startswith("Watch (not for long enough): in window 3-1 the score's PSI is 0.300")
    assert first.endswith("0.25 or 30% or more in 1 window in a row, 2 are needed.")


@pytest.mark.parametrize(("defaults", "expected"), [(99, "watch"), (100, "retrain")])
def test_drift_waits_for_defaults(defaults: int, expected: str) -> None:
    verdict = review([FAR, FAR], [cohort(1, defaults=100), cohort(2, defaults=defaults)])
    assert verdict.judgement == expected
    assert ("(too few defaults)" in verdict.why[0] and "199 defaults since training" in verdict.why[0]) == (
        expected == "watch"
    )


def test_a_worse_model_needs_no_drift() -> None:
    (first, second) = review([CALM], [cohort(log_loss=True)]).why
    assert first.startswith("Retrain: the answers are worse in cohort 3-1 (1,500 accepted, 100 defaults)")
    assert "log loss 0.3000 (hold-out 0.2000)" in first
    assert second.startswith("In window 3-1 the score's PSI is 0.000, and 0 of 1 columns drifted")


def test_recalibration_says_that_it_cures() -> None:
    (first, *_) = review([CALM], [cohort(calibration=True)]).why
    assert first.startswith("Recalibrate: the probabilities are off in cohort 3-1")
    assert "the ranking holds, so recalibrating would cure them: 1.50 times the expected defaults" in first


def test_retraining_for_drift_outranks_recalibrating() -> None:
    verdict = review([FAR, FAR], [cohort(1), cohort(2, calibration=True)])
    assert verdict.judgement == "retrain"
    assert verdict.why[1].startswith("The probabilities are off in cohort 3-2")


def test_nothing_is_said_of_unknown_outcomes() -> None:
    assert review([CALM]).why[1] == "No cohort is closed yet: whether the answers were right is not known."


@pytest.mark.parametrize(("windows", "cohorts", "expected"), [(0, 0, "3-0-0"), (2, 0, "3-2-0"), (2, 1, "3-2-1")])
def test_the_same_facts_have_one_id(windows: int, cohorts: int, expected: str) -> None:
    assert review([CALM] * windows, [cohort()] * cohorts).id == expected


def test_a_verdict_carries_its_figures() -> None:
    verdict = review([{"shift": 0.11, "weights": (0.01, 0.05)}], [cohort(defaults=70), cohort(2, defaults=80)])
    assert verdict.drifted == ("FIELD_1", "FIELD_0")
    assert (verdict.window, verdict.cohort, verdict.at) == ("3-1", "3-2", 5)
    expected = {
        "rows": 2000,
        "score_psi": 0.11,
        "drifted_columns": 2,
        "defaults": 150,
        "log_loss": 0.3,
        "completeness": 1,
    }
    assert expected.items() <= verdict.figures.items()
    assert verdict.figures["drifted_weight"] == pytest.approx(0.06)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("fewest_rows", 1000),
        ("completeness", 0.99),
        ("watch_psi", 0.1),
        ("watch_weight", 0.1),
        ("retrain_psi", 0.25),
        ("retrain_weight", 0.3),
        ("windows_in_a_row", 2),
        ("fewest_defaults", 200),
        ("closed", 0.95),
    ],
)
def test_every_default_is_promised(name: str, expected: float) -> None:
    assert getattr(Limits(), name) == expected


@pytest.mark.parametrize(
    ("limits", "expected"),
    [({"watch_psi": 0.05}, "watch"), ({"retrain_psi": 0.05, "watch_psi": 0.05, "windows_in_a_row": 1}, "retrain")],
)
def test_limits_can_be_moved(limits: Mapping[str, Any], expected: str) -> None:
    assert review([{"shift": 0.06}], [cohort(defaults=300)], **limits).judgement == expected


def test_an_incomplete_verdict_says_so_in_its_id() -> None:
    assert review([CALM], completeness=0.9).id == "3-1-0-incomplete"


def test_a_version_that_came_back_is_judged_anew() -> None:
    worse = cohort(1, defaults=500, log_loss=True)
    verdict = review([FAR, FAR], [worse], first=3)
    assert (verdict.id, verdict.window, verdict.cohort) == ("3-0-1", None, None)
    assert verdict.why[0] == "Keep (too few): no window has been closed since version 3 went live again."
    assert review([FAR, FAR], [worse], first=2).judgement == "watch"
    assert review([FAR, FAR, FAR], [worse], first=2).judgement == "retrain"
    assert review([CALM, CALM], [worse, cohort(2)], first=2).judgement == "keep"


@pytest.mark.parametrize(
    ("facts", "completeness", "expected"), [({}, 1.0, True), ({"rows": 999}, 1.0, False), ({}, 0.98, False)]
)
def test_a_guarded_verdict_concludes_nothing(facts: Mapping[str, Any], completeness: float, expected: bool) -> None:
    assert review([facts], [], completeness).concludes == expected


def test_nothing_is_concluded_without_a_window() -> None:
    assert not review([]).concludes


@pytest.mark.parametrize(
    ("windows", "completeness", "defaults", "guard"),
    [
        ([], 1.0, 300, "too few"),
        ([{"rows": 999}], 1.0, 300, "too few"),
        ([CALM], 0.9, 300, "incomplete"),
        ([FAR], 1.0, 300, "not for long enough"),
        ([FAR, FAR], 1.0, 100, "too few defaults"),
        ([FAR, FAR], 1.0, 300, None),
        ([CALM], 1.0, 300, None),
    ],
)
def test_a_verdict_names_its_guard(
    windows: list[Mapping[str, Any]], completeness: float, defaults: int, guard: str | None
) -> None:
    assert review(windows, [cohort(defaults=defaults)], completeness).guard == guard


def test_a_verdict_without_a_guard_can_be_read() -> None:
    verdict = msgspec.to_builtins(review([CALM]))
    del verdict["guard"]
    assert msgspec.convert(verdict, Verdict).guard is None
