from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from training.errors import TrainingError
from training.products.home_credit import PRODUCT
from training.rows.prepare import Prepared, prepare
from training.synthetic import synthesise
from training.tables import Tables, read


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("lender") / "tables"
    synthesise(1500, folder, seed=4)
    return read(folder, PRODUCT)


def prepared(tables: Tables, allow: tuple[str, ...] = ()) -> Prepared:
    return prepare(tables, allow, holdout=0.2, auc_alone=0.8, seed=0, progress=lambda _: None)


def test_a_field_that_knows_the_outcome_stops_the_run(tables: Tables) -> None:
    leak = tables.train.with_columns(AMT_ANNUITY=pl.col("TARGET") * 1000.0)
    with pytest.raises(TrainingError, match="AMT_ANNUITY"):
        prepared(replace(tables, train=leak))


@pytest.mark.parametrize("outcome", [0, 1])
def test_too_few_of_an_outcome_stop_the_run(tables: Tables, outcome: int) -> None:
    alike = tables.train.filter(pl.col("TARGET") == outcome)
    with pytest.raises(TrainingError, match=f"{outcome * len(alike)} defaults among {len(alike)} clients"):
        prepared(replace(tables, train=alike))


@pytest.mark.parametrize("name", ["AMT_CREDIT", "code_gender"])
def test_only_protected_fields_can_be_allowed(tables: Tables, name: str) -> None:
    with pytest.raises(TrainingError, match=f"--allow {name}: expected a protected field"):
        prepared(tables, (name,))


def test_protected_fields_are_described_but_not_used(tables: Tables) -> None:
    found = prepared(tables)
    assert {field.name for field in found.fields if field.protected} == {
        "CODE_GENDER",
        "NAME_FAMILY_STATUS",
        "DAYS_BIRTH",
    }
    assert not {"CODE_GENDER", "NAME_FAMILY_STATUS", "DAYS_BIRTH"} & {
        source for feature in found.features for source in feature.made_from
    }


def test_allowed_fields_are_used(tables: Tables) -> None:
    names = [feature.name for feature in prepared(tables, ("DAYS_BIRTH",)).features]
    assert {"DAYS_BIRTH", "employed_to_age"} <= set(names)


def test_ranges_are_those_of_the_rows_learned_from(tables: Tables) -> None:
    found = prepared(tables)
    numbers = [field.name for field in found.fields if field.datatype != "BYTES"]
    place = numbers.index("AMT_CREDIT")
    (field,) = (field for field in found.fields if field.name == "AMT_CREDIT")
    assert field.maximum == pytest.approx(found.learned.rows.numeric[:, place].max())


def test_dropping_features_drops_their_history(tables: Tables) -> None:
    found = prepared(tables)
    past = set(found.history)
    kept = found.keep([feature.name for feature in found.features if past & set(feature.made_from)])
    assert kept.history == ()
    assert kept.learned.rows.history.shape == (len(kept.learned.clients), 0)
    assert kept.learned.matrix.shape[1] == len(kept.features)


def test_matrix_columns_follow_the_features(tables: Tables) -> None:
    found = prepared(tables)
    place = [feature.name for feature in found.features].index("AMT_CREDIT")
    numbers = [field.name for field in found.fields if field.datatype != "BYTES"]
    credit = found.learned.rows.numeric[:, numbers.index("AMT_CREDIT")]
    assert np.array_equal(found.learned.matrix[:, place], credit)
