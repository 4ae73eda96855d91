"""The list of features says of each what it is."""

from __future__ import annotations

from collections import Counter

import pytest

from training.products.home_credit import PRODUCT

FEATURES = PRODUCT.history_features

PREFIXES = {
    "bureau": "bureau_",
    "bureau_balance": "bureau_balance_",
    "previous_application": "previous_",
    "POS_CASH_balance": "pos_",
    "credit_card_balance": "card_",
    "installments_payments": "instalment_",
}


def test_names_are_unique():
    repeated = [name for name, times in Counter(feature.name for feature in FEATURES).items() if times > 1]
    assert repeated == []


def test_no_feature_explosion():
    assert 150 <= len(FEATURES) <= 260


def test_every_table_speaks():
    assert {feature.table for feature in FEATURES} == set(PREFIXES)


@pytest.mark.parametrize("table", PREFIXES)
def test_names_begin_with_their_table(table: str):
    names = [feature.name for feature in FEATURES if feature.table == table]
    assert [name for name in names if not name.startswith(PREFIXES[table])] == []


def test_reasons_have_a_text():
    assert {feature.reason for feature in FEATURES} <= {reason.code for reason in PRODUCT.reasons}


def test_descriptions_are_sentences():
    odd = [f.description for f in FEATURES if not (f.description[0].isupper() and f.description.endswith("."))]
    assert odd == []
