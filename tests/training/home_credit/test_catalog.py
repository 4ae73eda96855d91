import re

import pytest

from training.products.home_credit import PRODUCT

TABLES = PRODUCT.tables
HISTORY = tuple(table.name for table in PRODUCT.past)

COLUMNS = [(table.name, column) for table in TABLES.values() for column in table.columns]


def test_eight_tables_have_published_widths():
    assert {name: len(table.columns) for name, table in TABLES.items()} == {
        "application_train": 122,
        "application_test": 121,
        "bureau": 17,
        "bureau_balance": 3,
        "previous_application": 37,
        "POS_CASH_balance": 8,
        "credit_card_balance": 23,
        "installments_payments": 8,
    }


def test_history_is_all_but_applications():
    assert set(TABLES) - set(HISTORY) == {"application_train", "application_test"}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_column_names_are_unique(table):
    assert len({column.name for column in table.columns}) == len(table.columns)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_keys_and_parents_are_columns(table):
    names = {column.name for column in table.columns}
    assert names >= {table.key or "SK_ID_CURR"} - ({"SK_ID_CURR"} if table.key is None else set())
    assert names >= set(table.parents)


def test_parents_come_before_children():
    order = list(TABLES)
    assert all(
        order.index(parent) < order.index(name)
        for name, table in TABLES.items()
        for parents in table.parents.values()
        for parent in parents
    )


def test_fields_leave_out_client_and_outcome():
    assert [column.name for column in TABLES["application_train"].columns] == [
        "SK_ID_CURR",
        "TARGET",
        *(field.name for field in PRODUCT.fields),
    ]


def test_protected_fields_are_three():
    assert {field.name for field in PRODUCT.fields if field.protected} == {
        "CODE_GENDER",
        "NAME_FAMILY_STATUS",
        "DAYS_BIRTH",
    }


def test_actionable_fields_are_loan_terms():
    actionable = {field.name for field in PRODUCT.fields if field.actionable}
    assert actionable == {"AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE", "NAME_CONTRACT_TYPE"}


@pytest.mark.parametrize(
    ("name", "datatype"),
    [("AMT_CREDIT", "FP64"), ("DAYS_BIRTH", "INT64"), ("OWN_CAR_AGE", "FP64"), ("CODE_GENDER", "BYTES")],
)
def test_kind_gives_protocol_datatype(name, datatype):
    assert TABLES["application_test"].column(name).datatype == datatype


def test_days_without_a_date_are_anomalies():
    marked = {(table, column.name) for table, column in COLUMNS if 365243 in column.anomalies}
    assert marked == {
        ("application_train", "DAYS_EMPLOYED"),
        ("application_test", "DAYS_EMPLOYED"),
        ("previous_application", "DAYS_FIRST_DRAWING"),
        ("previous_application", "DAYS_FIRST_DUE"),
        ("previous_application", "DAYS_LAST_DUE_1ST_VERSION"),
        ("previous_application", "DAYS_LAST_DUE"),
        ("previous_application", "DAYS_TERMINATION"),
    }


def test_not_applicable_is_no_anomaly():
    assert not [column for _, column in COLUMNS if "XAP" in column.anomalies]


@pytest.mark.parametrize("prefix", ["DAYS_", "AMT_"])
def test_prefix_tells_the_unit(prefix):
    unit = {"DAYS_": "days", "AMT_": "currency"}[prefix]
    named = [column for _, column in COLUMNS if column.name.startswith(prefix) and "AMT_REQ" not in column.name]
    assert named
    assert {column.unit for column in named} == {unit}


def test_integers_are_never_missing():
    assert not [column.name for _, column in COLUMNS if column.kind == "integer" and column.nullable]


def test_descriptions_are_sentences():
    assert not [column.name for _, column in COLUMNS if not re.fullmatch(r"[A-Z0-9].+\.", column.description)]


def test_unknown_column_is_a_key_error():
    with pytest.raises(KeyError, match="SK_ID_NOBODY"):
        TABLES["bureau"].column("SK_ID_NOBODY")
