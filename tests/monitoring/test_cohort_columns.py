"""The columns of a cohort's records, which the monitor writes and training checks."""

from __future__ import annotations

import pyarrow as pa

from monitoring.judging.arrays import batch
from monitoring.verdict import cohort_schema
from serving.records import Schema
from training.products.home_credit import PRODUCT
from training.rows.recent import TrainingCohort

COLUMNS = Schema(
    tuple(column.name for column in PRODUCT.fields if column.kind != "text"),
    tuple(column.name for column in PRODUCT.fields if column.kind == "text"),
    ("bureau_count",),
)


def test_training_accepts_the_columns() -> None:
    assert TrainingCohort.of("3-1", cohort_schema(COLUMNS).empty_table(), PRODUCT.kinds).defaults == 0


def test_a_batch_has_the_columns() -> None:
    assert batch([], {}, COLUMNS).schema == cohort_schema(COLUMNS)


def test_the_columns_of_the_model_keep_their_order() -> None:
    names = cohort_schema(Schema(("B", "A"), ("C",), ("D",))).names
    assert names[:4] == ["id", "at", "client", "version"]
    assert names[4:8] == ["B", "A", "C", "D"]
    assert cohort_schema(COLUMNS).field("outcome").type == pa.bool_()
