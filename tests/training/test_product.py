"""A product that contradicts itself is refused where it is made, by a message that names the place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from training.bundle import Field, Reason
from training.features.graph import features_from
from training.product import Column, FormField, HistorySource, Product, ProductError, Ratio, SummaryFeature, Table
from training.product.history import features

PLAIN = Product(
    name="plain",
    applications=Table(
        "loans",
        "Loans.",
        (
            Column("number", "integer", "Who applied."),
            Column("default", "integer", "Whether the loan failed.", levels=(0, 1)),
            FormField("income", "real", "What the applicant earns.", reason="income"),
            FormField("amount", "real", "What is asked for.", reason="terms"),
            FormField("town", "text", "Where the applicant lives.", reason="income"),
        ),
    ),
    outcome="default",
    client="number",
    reasons=(
        Reason(code="income", french="Vos revenus", english="Your income"),
        Reason(code="terms", french="Votre demande", english="What you asked for"),
    ),
)
SOURCE = HistorySource(("payments",), lambda rows: rows, features("payments", "income", ("paid", "Paid.", pl.len())))


def test_a_field_needs_a_reason() -> None:
    with pytest.raises(TypeError, match="reason"):
        FormField("NEW", "real", "Something that is asked.")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": "late"}, "outcome: expected a column of loans, got 'late'"),
        ({"client": "who"}, "client who: expected a column of loans, got no such column"),
        (
            {"ratios": (Ratio("x", "amount", "income", "luck"),)},
            "x: expected one of the reasons income, terms, got 'luck'",
        ),
        ({"ratios": (Ratio("x", "amount", "town", "terms"),)}, "x: expected fields that are numbers, got 'town'"),
        ({"summaries": (SummaryFeature("s", ("age",), "terms"),)}, "s: expected fields that are numbers, got 'age'"),
        ({"reasons": PLAIN.reasons[1:]}, "income: expected one of the reasons terms, got 'income'"),
        ({"history": (SOURCE,)}, "history: expected tables among none, got 'payments'"),
        ({"history": (SOURCE,), "client": None}, "history: expected a column that names the client, got none"),
    ],
)
def test_contradictions_are_named(change: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ProductError) as refused:
        replace(PLAIN, **change)
    assert str(refused.value) == message


@pytest.mark.parametrize("name", ["income", "amount", "town"])
def test_a_feature_has_its_fields_reason(name: str) -> None:
    (feature,) = features_from(PLAIN, [Field(name=name, datatype="FP64", description="")], (), ())
    assert feature.reason == PLAIN.reason_of[name]
