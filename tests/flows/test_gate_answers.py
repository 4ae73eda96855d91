from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.gate.gate import FEWEST_DEFAULTS, Evidence, GateSide, alarms, judge, may_go_live, schema
from tests.simulations.gate import CASES, Case, decide, draw
from training.bundle import Costs
from training.registry.trail import Criterion, Gate

BETTER, EQUAL, SAFER = CASES[0], CASES[3], CASES[-1]
GOOD = (alarms(()), schema({"AMT_CREDIT": "FP64"}, {"AMT_CREDIT": "FP64"}))


def evidence(case: Case = BETTER, rows: int = 20_000, seed: int = 1) -> Evidence:
    outcome, champion, challenger = draw(case, rows, np.random.default_rng(seed))
    return Evidence("1-1", "everybody", challenger, champion, False, outcome, np.ones(rows), (), Costs())


def failing(gate: Gate) -> list[str]:
    return [criterion.name for criterion in gate.criteria if not criterion.passed]


def test_better_is_promoted() -> None:
    gate = judge(evidence(), GOOD)
    assert (gate.answer, failing(gate)) == ("promote", [])
    assert (gate.rows, gate.labelled, gate.why) == (20_000, 20_000, "all 7 criteria hold")


def test_itself_is_refused() -> None:
    known = evidence()
    gate = judge(replace(known, challenger=known.champion), GOOD)
    assert (gate.answer, failing(gate)) == ("refuse", ["cost"])


def test_cheaper_policy_is_decided_by_cost() -> None:
    known = evidence()
    careless = replace(known, champion=replace(known.challenger, threshold=0.14))
    assert judge(careless, GOOD).criteria[0].sentence == "both say the same probabilities"
    assert "cost" not in failing(judge(careless, GOOD))
    swapped = replace(known, champion=known.challenger, challenger=careless.champion)
    assert "cost" in failing(judge(swapped, GOOD))


def test_few_defaults_are_undecided() -> None:
    gate = judge(evidence(rows=2_000), GOOD)
    assert gate.defaults < FEWEST_DEFAULTS
    assert (gate.answer, failing(gate)) == ("undecided", ["defaults"])
    assert f"{gate.defaults} defaults among 2,000 known outcomes" in gate.why


def test_no_cohort_is_undecided() -> None:
    gate = judge("no closed cohort of version 1", GOOD)
    assert (gate.answer, gate.why) == ("undecided", "evidence: no closed cohort of version 1")


@pytest.mark.parametrize(
    "fitness", [alarms(["AUC 0.9"]), schema({"A": "FP64"}, {"A": "INT64"}), schema({}, {"B": "BYTES"})]
)
def test_unfit_version_is_refused(fitness: Criterion) -> None:
    gate = judge(evidence(), (fitness,))
    assert (gate.answer, failing(gate)) == ("refuse", [fitness.name])
    assert judge("no cohort", (fitness,)).answer == "refuse"


def test_changed_field_is_named() -> None:
    sentence = schema({"A": "FP64", "B": "BYTES"}, {"A": "INT64", "B": "BYTES"}).sentence
    assert sentence == "1 fields differ from the champion's, the first: A is INT64, was FP64"


def test_refusing_fewer_needs_explored() -> None:
    """On accepted-only outcomes a challenger that scores everybody safer shows no harm: it must not pass."""
    outcome, champion, challenger = draw(SAFER, 20_000, np.random.default_rng(1))
    gate = decide(outcome, champion, challenger, "accepted", np.ones(20_000))
    assert gate.answer != "promote"
    assert {"refusals", "approval", "calibration"} <= set(failing(gate))
    a_little = GateSide(champion.probability * 0.99, champion.threshold)
    assert "refusals" in failing(decide(outcome, champion, a_little, "accepted", np.ones(20_000)))
    assert "refusals" not in failing(decide(outcome, a_little, champion, "accepted", np.ones(20_000)))


def test_few_explored_settle_nothing() -> None:
    """Ten refused loans that were repaid, each standing for three hundred, say that all refused are safe."""
    outcome, champion, _ = draw(EQUAL, 10_000, np.random.default_rng(1))
    odds = np.log(champion.probability / (1 - champion.probability))
    safer = GateSide(np.where(champion.accepts, champion.probability, 1 / (1 + np.exp(0.1 - odds))), champion.threshold)
    explored = np.flatnonzero(~champion.accepts & (outcome == 0))[:10]
    known = champion.accepts | np.isin(np.arange(len(outcome)), explored)
    weight = np.where(champion.accepts, 1.0, 300.0)
    outcome = np.where(known, outcome, np.nan)
    gate = judge(Evidence("1-1", "accepted and explored", safer, champion, False, outcome, weight, (), Costs()), ())
    assert failing(gate) == ["refusals"]
    assert gate.answer == "undecided"
    assert "of explored applications 0 defaults are known, 20 are needed" in gate.why


def test_explored_stand_for_the_refused() -> None:
    """With weights, the cost of accepting everybody is as with everybody's outcomes, within its noise."""
    outcome, champion, _ = draw(EQUAL, 20_000, np.random.default_rng(1))
    everybody = GateSide(champion.probability, 1.1)
    lucky = np.random.default_rng(2).random(20_000)
    full, part = (
        next(one for one in decide(outcome, champion, everybody, population, lucky).criteria if one.name == "cost")
        for population in ("everybody", "accepted and explored")
    )
    assert part.low < full.figure < part.high
    assert full.figure > 0.1


def test_approval_rate_may_move_a_little() -> None:
    known = evidence()
    accepted = np.quantile(known.champion.probability, [0.60, 0.66])
    for threshold, passed in zip(accepted, (False, True), strict=True):
        moved = replace(known, challenger=GateSide(known.champion.probability, float(threshold)))
        (approval,) = (one for one in judge(moved, ()).criteria if one.name == "approval")
        assert approval.passed is passed


def test_first_version_faces_the_constant() -> None:
    known = replace(evidence(), first=True)
    constant = replace(known, champion=GateSide(np.full(20_000, 0.08), 1 / 11))
    gate = judge(constant, GOOD)
    assert gate.answer == "promote"
    assert "approval" not in [one.name for one in gate.criteria]


@pytest.mark.parametrize(
    ("answer", "failed", "alone", "approved"),
    [
        ("promote", (), True, True),
        ("undecided", (), False, True),
        ("refuse", ("alarms",), False, True),
        ("refuse", ("approval", "protected groups"), False, True),
        ("refuse", ("alarms", "log loss"), False, False),
        ("refuse", ("schema",), False, False),
        ("refuse", ("replay",), False, False),
        ("refuse", ("contributions",), False, False),
    ],
)
def test_person_may_approve_some(answer, failed: tuple[str, ...], alone: bool, approved: bool) -> None:
    criteria = tuple(Criterion(name=name, passed=False, sentence="") for name in failed)
    gate = msgspec.structs.replace(judge("", ()), answer=answer, criteria=criteria)
    assert (may_go_live(gate, False), may_go_live(gate, True)) == (alone, approved)


@given(seed=st.integers(0, 1000), scale=st.floats(0.1, 3), rows=st.integers(1, 3000), share=st.floats(0, 1))
def test_any_evidence_has_an_answer(seed: int, scale: float, rows: int, share: float) -> None:
    """Whatever is known, the answer is JSON and no figure in it is NaN."""
    known = evidence(seed=seed, rows=rows)
    outcome = np.where(np.random.default_rng(seed).random(rows) < share, known.outcome, np.nan)
    spoilt = GateSide(np.clip(known.champion.probability * scale, 0, 1), 0.1)
    gate = judge(replace(known, outcome=outcome, challenger=spoilt), GOOD)
    told = msgspec.json.decode(msgspec.json.encode(gate), type=Gate)
    assert told == gate
    assert (gate.answer == "promote") == all(one.passed for one in gate.criteria)
