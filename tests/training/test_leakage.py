from __future__ import annotations

import numpy as np
import pytest

from training.rows import leakage

RANDOM = np.random.default_rng(0)
OUTCOME = RANDOM.random(3000) < 0.1
NOISE = RANDOM.normal(size=3000)

LEAKS = {
    "rank": OUTCOME * 2.0 + NOISE,
    "falling rank": NOISE - OUTCOME * 2.0,
    "both ends": np.where(OUTCOME, 3.0, 0.5) * NOISE,
    "missing if paid": np.where(OUTCOME, NOISE, np.nan),
    "missing if default": np.where(OUTCOME, np.nan, NOISE),
    "level": np.where(OUTCOME, "closed late", "open"),
}
HARMLESS = {
    "noise": NOISE,
    "weak": OUTCOME * 0.5 + NOISE,
    "constant": np.zeros(3000),
    "all missing": np.full(3000, np.nan),
    "identifier": np.array([f"client {i}" for i in range(3000)]),
    "whole number": np.arange(3000),
    "None among levels": np.array([None, "a", "b"] * 1000, dtype=object),
}


@pytest.mark.parametrize("name", LEAKS)
def test_leak_is_found(name: str):
    found = leakage.implausible({name: LEAKS[name]}, OUTCOME)
    assert [one.field for one in found] == [name]


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_field_passes(name: str):
    assert leakage.implausible({name: HARMLESS[name]}, OUTCOME) == ()


@pytest.mark.parametrize("name", ["missing if paid", "missing if default"])
def test_missing_is_a_level_of_its_own(name: str):
    assert leakage.single_auc(LEAKS[name], OUTCOME) == 1.0


def test_noise_is_near_half():
    assert leakage.single_auc(NOISE, OUTCOME) == pytest.approx(0.5, abs=0.05)


def test_worst_offender_comes_first():
    found = leakage.implausible({"rank": LEAKS["rank"], **HARMLESS, "level": LEAKS["level"]}, OUTCOME)
    assert [one.field for one in found] == ["level", "rank"]
    assert str(found[0]).startswith("level: expected an AUC of at most 0.8 alone, got 1.0000")


def test_no_verdict_without_both_classes():
    assert leakage.single_auc(NOISE, np.zeros(3000)) == 0.5
