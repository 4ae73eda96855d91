from __future__ import annotations

import numpy as np
import pytest

from flows.gate.fairness import ELDERLY, YOUNGER, Protected, by_age, judge_groups

Shares = dict[str, tuple[int, float]]


def decided(shares: Shares) -> tuple[Protected, np.ndarray]:
    """Groups and decisions [n], given each group's size and approval rate."""
    groups = np.repeat(list(shares), [size for size, _ in shares.values()])
    accepts = np.concatenate([np.arange(size) < round(rate * size) for size, rate in shares.values()])
    return Protected("CODE_GENDER", groups), accepts


@pytest.mark.parametrize(("size", "rate", "passed"), [(500, 0.57, True), (500, 0.55, False), (99, 0.1, True)])
def test_four_fifths_of_the_best(size: int, rate: float, passed: bool) -> None:
    protected, accepts = decided({"F": (2000, 0.70), "M": (size, rate)})
    found = judge_groups([protected], accepts, None)
    assert found.passed is passed
    assert ("CODE_GENDER M is accepted 0.79 times as often as the best group" in found.sentence) is (rate == 0.55)


def test_small_group_is_no_yardstick() -> None:
    protected, accepts = decided({"F": (2000, 0.70), "M": (500, 0.65), "XNA": (20, 1.0)})
    assert judge_groups([protected], accepts, None).figure == pytest.approx(0.65 / 0.70)


@pytest.mark.parametrize(("size", "passed"), [(2000, False), (200, True)])
def test_fall_counts_beyond_its_noise(size: int, passed: bool) -> None:
    """0.03 fewer of a group are accepted than by the champion, whose other decisions on it differ by chance."""
    protected, champion = decided({"F": (4000, 0.70), "M": (size, 0.66)})
    challenger = champion.copy()
    members = np.flatnonzero(protected.groups == "M")
    accepted, refused = members[champion[members]], members[~champion[members]]
    challenger[accepted[: int(0.08 * size)]] = False
    challenger[refused[: int(0.05 * size)]] = True
    found = judge_groups([protected], challenger, champion)
    assert found.passed is passed
    assert passed or "0.043 less than by the champion, at most 0.02 is allowed" in found.sentence


def test_young_may_be_refused_more_often() -> None:
    days = -365.25 * np.repeat([25.0, 45.0, 63.0], 1000)
    accepts = np.concatenate([np.arange(1000) < rate for rate in (400, 700, 900)])
    assert judge_groups([Protected("DAYS_BIRTH", by_age(days), (ELDERLY,))], accepts, None).passed
    disadvantaged = np.concatenate([np.arange(1000) < rate for rate in (700, 700, 500)])
    assert not judge_groups([Protected("DAYS_BIRTH", by_age(days), (ELDERLY,))], disadvantaged, None).passed


def test_ages_are_two_groups() -> None:
    days = np.array([-62 * 365.25, -61.9 * 365.25, np.nan])
    assert by_age(days).tolist() == [ELDERLY, YOUNGER, "missing"]


def test_nobody_accepted_disadvantages_nobody() -> None:
    protected, accepts = decided({"F": (500, 0.0), "M": (500, 0.0)})
    assert judge_groups([protected], accepts, accepts).passed
