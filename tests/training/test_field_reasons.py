"""Every field belongs to a reason that a letter to the applicant can name."""

from __future__ import annotations

import pytest

from training.bundle import Field
from training.features.graph import features_from
from training.features.reasons import check
from training.tables.columns import FormField


def test_a_field_needs_a_reason() -> None:
    with pytest.raises(TypeError, match="reason"):
        FormField("NEW", "real", "Something that is asked.")  # type: ignore[call-arg]


def test_a_reason_needs_a_text() -> None:
    with pytest.raises(ValueError, match=r"NEW: expected one of the reasons external_scores, .*; got 'luck'"):
        check([("AMT_CREDIT", "loan_terms"), ("NEW", "luck")])


def test_a_field_without_a_reason_makes_no_feature() -> None:
    with pytest.raises(KeyError, match="NEW"):
        features_from([Field(name="NEW", datatype="FP64", description="")], (), ())


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("REGION_RATING_CLIENT", "region"),
        ("FLAG_OWN_CAR", "housing"),
        ("FLAG_EMP_PHONE", "employment"),
        ("FLAG_DOCUMENT_3", "contact"),
        ("OBS_30_CNT_SOCIAL_CIRCLE", "surroundings"),
        ("APARTMENTS_AVG", "housing"),
        ("AMT_REQ_CREDIT_BUREAU_QRT", "enquiries"),
    ],
)
def test_a_feature_has_its_fields_reason(name: str, reason: str) -> None:
    (feature,) = features_from([Field(name=name, datatype="FP64", description="")], (), ())
    assert feature.reason == reason
