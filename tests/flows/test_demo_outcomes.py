"""Whose outcome a lender comes to know, and how the monitor is told."""

from __future__ import annotations

import pytest

from flows.clients.monitor import tell_outcomes
from flows.clients.predictor import Answered
from flows.demo.windows import known_outcomes
from flows.errors import FlowError, NotUp
from flows.settings import PlatformSettings
from monitoring.intake.outcomes import ReportedOutcome


def answered(client: int, probability: float) -> Answered:
    return Answered(client, "1", probability, "", 0.1, f"r{client}", "found", 0.0)


WINDOW = [answered(client, 0.05 if client % 2 else 0.3) for client in range(2_000)]
DEFAULTED = {one.client: one.client % 10 == 0 for one in WINDOW}


def test_accepted_are_all_known() -> None:
    found = {one.record: one for one in known_outcomes(WINDOW, DEFAULTED, 0.25, seed=1)}
    assert all(found[f"r{client}"].explored is None for client in range(1, 2_000, 2))


def test_refused_are_known_by_share() -> None:
    refused = [one for one in known_outcomes(WINDOW, DEFAULTED, 0.25, seed=1) if one.explored is not None]
    assert {one.explored for one in refused} == {0.25}
    assert len(refused) == pytest.approx(250, abs=45)
    assert all(one.defaulted == DEFAULTED[int(one.record[1:])] for one in refused)


def test_nobody_is_explored_without_share() -> None:
    assert len(known_outcomes(WINDOW, DEFAULTED, 0.0, seed=1)) == 1_000


def test_same_seed_same_explored() -> None:
    assert known_outcomes(WINDOW, DEFAULTED, 0.5, seed=2) == known_outcomes(WINDOW, DEFAULTED, 0.5, seed=2)
    assert known_outcomes(WINDOW, DEFAULTED, 0.5, seed=2) != known_outcomes(WINDOW, DEFAULTED, 0.5, seed=3)


def test_monitor_away_is_said(settings: PlatformSettings) -> None:
    with pytest.raises(NotUp, match="the monitor does not answer"):
        tell_outcomes(settings, [ReportedOutcome(record="a-1", defaulted=False)])


def test_unknown_record_is_refused(serving) -> None:
    with pytest.raises(FlowError, match="'nobody'"):
        tell_outcomes(serving.settings, [ReportedOutcome(record="nobody", defaulted=False)])
