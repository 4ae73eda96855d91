"""Reasons come from exact contributions, in both families, and claim nothing about what is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.reasons import MOST_FEATURES, MOST_REASONS, Reasons, find_reasons, value_of
from tests.toy.fields import TOY_HISTORY
from tests.toy.rows import toy_rows
from training.bundle import Bundle, BundleError, Rows
from training.bundle.bundle import start

FLOATS = st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False) | st.just(float("nan"))
TEXTS = st.sampled_from(["Working", "Pensioner", "Étudiant", "", "Astronaut"])


@pytest.fixture(params=["lightgbm", "logistic"])
def bundle(request: pytest.FixtureRequest, toy_bundle: Path, linear_bundle: Bundle) -> Bundle:
    return Bundle.open(toy_bundle) if request.param == "lightgbm" else linear_bundle


@st.composite
def some_rows(draw: st.DrawFn) -> Rows:
    count = draw(st.integers(1, 4))
    numeric = draw(st.lists(st.lists(FLOATS, min_size=7, max_size=7), min_size=count, max_size=count))
    texts = [[draw(TEXTS), draw(st.sampled_from(["F", "XNA"]))] for _ in range(count)]
    width = len(TOY_HISTORY)
    history = draw(st.lists(st.lists(FLOATS, min_size=width, max_size=width), min_size=count, max_size=count))
    return Rows(np.array(numeric, np.float32), np.array(texts, object), np.array(history, np.float32))


def check_sums(reasons: Reasons, bundle: Bundle, rows: Rows) -> None:
    margin = bundle.score(rows).margin
    for row in range(len(rows)):
        for parts in (reasons.by_feature(row), reasons.by_reason(row)):
            assert reasons.base(row) + sum(parts.values()) == pytest.approx(margin[row], abs=1e-6)


@given(rows=some_rows())
@settings(max_examples=40, deadline=None)
def test_booster_reasons_sum_to_margin(toy_bundle: Path, rows: Rows) -> None:
    bundle = Bundle.open(toy_bundle)
    check_sums(find_reasons(bundle, rows), bundle, rows)


@given(rows=some_rows())
@settings(max_examples=40, deadline=None)
def test_linear_reasons_sum_to_margin(linear_bundle: Bundle, rows: Rows) -> None:
    check_sums(find_reasons(linear_bundle, rows), linear_bundle, rows)


def test_strongest_come_first(bundle: Bundle) -> None:
    reasons = find_reasons(bundle, toy_rows(50))
    for row in range(50):
        told = reasons.against(row)
        raising = sorted((value for value in reasons.by_reason(row).values() if value > 0), reverse=True)
        assert [each.contribution for each in told] == raising[:MOST_REASONS]
        for each in told:
            parts = reasons.parts(row, each.code)
            added = [part.contribution for part in parts]
            assert added == sorted(added, reverse=True)
            assert 0 < len(parts) <= MOST_FEATURES


@pytest.mark.parametrize(
    ("debt", "score", "told"), [(np.nan, 0.5, True), (95.0, 0.5, False), (95.0, np.nan, False), (np.nan, np.nan, True)]
)
def test_missing_values_are_not_claimed(toy_bundle: Path, debt: float, score: float, told: bool) -> None:
    bundle = Bundle.open(toy_bundle)
    names = [feature.name for feature in bundle.manifest.features]
    matrix, added = np.zeros((1, len(names)), np.float32), np.zeros((1, len(names) + 1))
    for name, value, contribution in (("bureau_debt_sum", debt, 2.0), ("EXT_SOURCE_1", score, 1.0)):
        matrix[0, names.index(name)], added[0, names.index(name)] = value, contribution
    reasons = Reasons(bundle.manifest, added.sum(axis=1), added[:, :-1], matrix, bundle.by_reason(added))
    first, second = reasons.against(0)
    assert (first.code, second.code) == ("bureau_debt", "external_scores")
    assert first.french.endswith("(renseignements absents)") is told
    assert first.english.endswith("(information missing)") is told


def test_base_takes_what_the_graph_rounds_off(toy_bundle: Path) -> None:
    manifest, added = Bundle.open(toy_bundle).manifest, np.full((1, 13), 0.1)
    reasons = Reasons(manifest, np.array([0.2 + 5e-5]), added, np.zeros((1, 13), np.float32), np.zeros((1, 9)))
    assert reasons.base(0) + added.sum() == pytest.approx(0.2 + 5e-5, abs=1e-12)


def test_other_models_contributions_are_refused(toy_bundle: Path) -> None:
    two = Bundle(toy_bundle, Bundle.open(toy_bundle).manifest, start(toy_bundle / "model.onnx"))
    two.__dict__["_booster"] = type("Other", (), {"predict": lambda self, matrix, **_: np.zeros((len(matrix), 14))})()
    with pytest.raises(BundleError, match="not of one model"):
        find_reasons(two, toy_rows(3))


@pytest.mark.parametrize(
    ("value", "levels", "told"),
    [(np.nan, (), None), (1.0, ("A", "B"), "B"), (135_000.0, (), 135_000.0), (np.float32(0.1), (), 0.1)],
)
def test_values_are_told_as_people_read_them(value: float, levels: tuple[str, ...], told: object) -> None:
    assert value_of(value, levels) == told
