"""What a column matters, and which reference rows stand for whom."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from monitoring.judging.reference import Reference
from training.bundle import Bundle, Rows


@pytest.fixture(scope="module")
def bundle(toy_bundle: Path) -> Bundle:
    return Bundle.open(toy_bundle)


@pytest.fixture
def changed(toy_bundle: Path, tmp_path: Path) -> object:
    """The bundle with other columns beside its reference rows."""

    def change(**columns: object) -> Reference:
        copy = shutil.copytree(toy_bundle, tmp_path / "bundle")
        table = Bundle.open(copy).reference()
        for name, values in columns.items():
            table = table.drop_columns(name) if name in table.column_names else table
            table = table.append_column(name, pa.array(values, from_pandas=True))
        pyarrow.parquet.write_table(table, copy / "reference.parquet")
        return Reference.of(Bundle.open(copy))

    return change


def test_weights_are_shares(bundle: Bundle) -> None:
    reference = Reference.of(bundle)
    assert sum(column.weight for column in reference.columns) == pytest.approx(1)
    assert all(0 <= column.weight < 1 for column in reference.columns)


def test_columns_stand_in_the_order_of_the_manifest(bundle: Bundle) -> None:
    names = [*(field.name for field in bundle.manifest.fields), *bundle.manifest.history]
    assert [column.name for column in Reference.of(bundle).columns] == names


def test_a_protected_field_that_is_no_input_weighs_nothing(bundle: Bundle) -> None:
    weights = {column.name: column.weight for column in Reference.of(bundle).columns}
    assert weights["CODE_GENDER"] == 0
    assert weights["EXT_SOURCE_1"] > 0


def test_a_ratio_weighs_for_all_it_is_made_of(bundle: Bundle) -> None:
    rows = Rows.from_table(bundle.reference(), bundle.manifest)
    means = np.abs(bundle.contributions(rows)[:, :-1]).mean(axis=0)
    expected = sum(
        mean / len(feature.made_from)
        for feature, mean in zip(bundle.manifest.features, means, strict=True)
        if "AMT_CREDIT" in feature.made_from
    )
    weights = {column.name: column.weight for column in Reference.of(bundle).columns}
    assert weights["AMT_CREDIT"] == pytest.approx(expected / means.sum())


def test_every_row_counts_where_outcomes_are_missing(changed: object) -> None:
    outcome, weight = [None, True] + [False] * 198, [None] + [7.0] + [1.0] * 198
    reference = changed(outcome=outcome, weight=weight)  # type: ignore[operator]
    assert reference.score.rows == 200
    assert len(reference.held_out.weight) == 199
    assert reference.held_out.weight[0] == 7


def test_explored_rows_count_more_where_all_outcomes_are_known(changed: object) -> None:
    reference = changed(weight=[4.0] * 100 + [1.0] * 100)  # type: ignore[operator]
    assert reference.score.rows == pytest.approx(500**2 / 1700)


def test_rows_without_a_weight_count_once(bundle: Bundle) -> None:
    assert Reference.of(bundle).held_out.weight.tolist() == [1.0] * 200


def test_the_range_of_a_history_feature_is_that_of_training(bundle: Bundle) -> None:
    learned = bundle.background().history
    bins = [column.binning for column in Reference.of(bundle).columns if column.kind == "history"]
    assert [one.low for one in bins] == np.nanmin(learned, axis=0).tolist()
    assert [one.high for one in bins] == np.nanmax(learned, axis=0).tolist()
