from __future__ import annotations

import numpy as np
import pytest

from flows.gate.fairness import judge_groups
from training.bundle import Field
from training.bundle.groups import ELDERLY, Members, members

Shares = dict[str, tuple[int, float]]


def decided(shares: Shares) -> tuple[Members, np.ndarray]:
    """Groups and decisions [n], given each group's size and approval rate."""
    group = np.repeat(np.arange(len(shares)), [size for size, _ in shares.values()])
    accepts = np.concatenate([np.arange(size) < round(rate * size) for size, rate in shares.values()])
    return Members("CODE_GENDER", tuple(shares), group, tuple(shares)), accepts


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
    those = np.flatnonzero(protected.group == 1)
    accepted, refused = those[champion[those]], those[~champion[those]]
    challenger[accepted[: int(0.08 * size)]] = False
    challenger[refused[: int(0.05 * size)]] = True
    found = judge_groups([protected], challenger, champion)
    assert found.passed is passed
    assert passed or "0.043 less than by the champion, at most 0.02 is allowed" in found.sentence


def test_young_may_be_refused_more_often() -> None:
    birth = Field(name="DAYS_BIRTH", datatype="INT64", description="", unit="days", minimum=-25_000, maximum=-7_500)
    age = members(birth, np.repeat(np.float32([-9_000, -16_000, -23_000]), 1000))
    accepts = np.concatenate([np.arange(1000) < rate for rate in (400, 700, 900)])
    assert judge_groups([age], accepts, None).passed
    disadvantaged = np.concatenate([np.arange(1000) < rate for rate in (500, 700, 500)])
    found = judge_groups([age], disadvantaged, None)
    assert not found.passed
    assert f"DAYS_BIRTH {ELDERLY} is accepted 0.71 times as often as the best group" in found.sentence


def test_the_missing_are_neither_judged_nor_a_yardstick() -> None:
    protected, accepts = decided({"F": (500, 0.7), "M": (500, 0.65), "missing": (500, 1.0)})
    assert judge_groups([protected], accepts, None).figure == pytest.approx(0.65 / 0.70)
    protected, accepts = decided({"F": (500, 0.7), "M": (500, 0.65), "missing": (500, 0.1)})
    assert judge_groups([protected], accepts, None).passed


def test_a_field_that_cannot_be_judged_is_named() -> None:
    protected, accepts = decided({"F": (900, 0.7), "M": (99, 0.1), "X": (1, 1.0)})
    other = Members("SEX", ("1", "2"), np.repeat([0, 1], 500), ("1", "2"))
    too_few = "fewer than two groups have 100 applications, or none that is judged: CODE_GENDER"
    assert judge_groups([protected], accepts, None).sentence == too_few
    assert judge_groups([protected, other], accepts, None).sentence.endswith(too_few)
    assert judge_groups([], accepts, None).sentence == "no field is protected"


def test_nobody_accepted_disadvantages_nobody() -> None:
    protected, accepts = decided({"F": (500, 0.0), "M": (500, 0.0)})
    assert judge_groups([protected], accepts, accepts).passed
