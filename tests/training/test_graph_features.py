import msgspec
import numpy as np
import pytest

from tests.toy.fields import TOY_FIELDS, TOY_HISTORY, TOY_PRODUCT
from training.bundle import Rows
from training.bundle.bundle import start
from training.features.graph import feature_graph, features_from

NAMES = TOY_HISTORY
ROW = {
    "AMT_INCOME_TOTAL": 100_000,
    "AMT_CREDIT": 250_000,
    "CNT_CHILDREN": 1,
    "DAYS_EMPLOYED": -400,
    "EXT_SOURCE_1": 0.25,
    "EXT_SOURCE_2": 0.5,
    "EXT_SOURCE_3": 0.75,
    "NAME_INCOME_TYPE": "Pensioner",
    "CODE_GENDER": "F",
    "bureau_debt_sum": 7,
    "bureau_count": 3,
}


def feature(name: str, allowed: tuple[str, ...] = (), **values: object) -> float:
    """One feature of ROW with some values changed."""
    row = ROW | values
    numbers = [row[field.name] for field in TOY_FIELDS if field.datatype != "BYTES"]
    texts = [row[field.name] for field in TOY_FIELDS if field.datatype == "BYTES"]
    rows = Rows(
        np.array([numbers], np.float32), np.array([texts], object), np.array([[row[n] for n in NAMES]], np.float32)
    )
    features = features_from(TOY_PRODUCT, TOY_FIELDS, TOY_HISTORY, allowed)
    (matrix,) = start(feature_graph(TOY_PRODUCT, TOY_FIELDS, NAMES, features)).run(None, rows.tensors())
    return float(matrix[0, [made.name for made in features].index(name)])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AMT_CREDIT", 250_000),
        ("bureau_count", 3),
        ("NAME_INCOME_TYPE", 1),
        ("credit_to_income", 2.5),
        ("external_score_mean", 0.5),
        ("external_score_min", 0.25),
        ("external_score_max", 0.75),
    ],
)
def test_features_have_their_values(name: str, value: float) -> None:
    assert feature(name) == value


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("DAYS_EMPLOYED", {"DAYS_EMPLOYED": 365243}),
        ("NAME_INCOME_TYPE", {"NAME_INCOME_TYPE": ""}),
        ("NAME_INCOME_TYPE", {"NAME_INCOME_TYPE": "Astronaut"}),
        ("NAME_INCOME_TYPE", {"NAME_INCOME_TYPE": "F"}),
        ("credit_to_income", {"AMT_INCOME_TOTAL": 0}),
        ("credit_to_income", {"AMT_INCOME_TOTAL": 0, "AMT_CREDIT": 0}),
        ("credit_to_income", {"AMT_CREDIT": np.nan}),
        ("external_score_mean", dict.fromkeys(("EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3"), np.nan)),
        ("external_score_min", dict.fromkeys(("EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3"), np.nan)),
    ],
)
def test_what_is_not_known_is_missing(name: str, values: dict[str, object]) -> None:
    assert np.isnan(feature(name, **values))


def test_missing_scores_are_left_out() -> None:
    assert feature("external_score_mean", EXT_SOURCE_1=np.nan) == 0.625
    assert feature("external_score_min", EXT_SOURCE_1=np.nan) == 0.5


def test_levels_mean_what_the_bundle_says() -> None:
    kinds = next(field for field in TOY_FIELDS if field.name == "NAME_INCOME_TYPE")
    codes = [feature("NAME_INCOME_TYPE", NAME_INCOME_TYPE=level) for level in kinds.levels]
    assert codes == list(range(len(kinds.levels)))


def test_protected_fields_make_no_features() -> None:
    fields = {name for made in features_from(TOY_PRODUCT, TOY_FIELDS, TOY_HISTORY, ()) for name in made.made_from}
    assert "CODE_GENDER" not in fields


def test_allowed_fields_make_features() -> None:
    assert feature("CODE_GENDER", ("CODE_GENDER",), CODE_GENDER="M") == 1


def test_fields_without_levels_are_missing() -> None:
    fields = [msgspec.structs.replace(field, levels=()) for field in TOY_FIELDS]
    texts = [field.name for field in fields if field.datatype == "BYTES"]
    rows = Rows(
        np.zeros((1, len(fields) - len(texts)), np.float32),
        np.full((1, len(texts)), "F", object),
        np.zeros((1, len(NAMES)), np.float32),
    )
    features = features_from(TOY_PRODUCT, fields, TOY_HISTORY, ())
    (matrix,) = start(feature_graph(TOY_PRODUCT, fields, NAMES, features)).run(None, rows.tensors())
    assert np.isnan(matrix[0, [made.name in texts for made in features]]).all()
