from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.product import Column
from training.tables.values import canonical, fits


def converted(kind, values, dtype):
    column = Column("x", kind, "A column.")
    stored = dtype() if isinstance(dtype, type) else dtype
    return pl.DataFrame({"x": pl.Series(values, dtype=stored)}).select(canonical(column, stored)).to_series()


@pytest.mark.parametrize(
    ("kind", "stored", "value"),
    [
        ("integer", "12", 12),
        ("integer", "12.0", 12),
        ("integer", "-3", -3),
        ("integer", "", None),
        ("integer", "12.5", None),
        ("integer", "1e3", None),
        ("integer", "1.00E+05", None),
        ("integer", "100002.00", 100002),
        ("integer", "NA", None),
        ("text", "nan", None),
        ("text", "NA", None),
        ("text", "None", None),
        ("text", "n/a", "n/a"),
        ("integer", "99999999999999999999", None),
        ("integer", "x", None),
        ("real", "12", 12.0),
        ("real", "1e-3", 0.001),
        ("real", "NaN", None),
        ("real", "", None),
        ("real", "TRUE", None),
        ("text", "XNA", "XNA"),
        ("text", "", None),
        ("text", " a ", " a "),
    ],
)
def test_text_becomes_the_kind(kind, stored, value):
    assert converted(kind, [stored], pl.String).to_list() == [value]


@pytest.mark.parametrize(
    ("kind", "dtype", "stored", "value"),
    [
        ("integer", pl.Int8, 12, 12),
        ("integer", pl.Float64, 12.0, 12),
        ("integer", pl.Float64, 12.5, None),
        ("integer", pl.Float64, float("nan"), None),
        ("integer", pl.Float64, float("inf"), None),
        ("integer", pl.UInt64, 2**63, None),
        ("integer", pl.Float64, 2.0**53 - 1, 2**53 - 1),
        ("integer", pl.Float64, 2.0**53, None),
        ("integer", pl.Float32, 2.0**24 - 1, 2**24 - 1),
        ("integer", pl.Float32, 2.0**24, None),
        ("integer", pl.Decimal(18, 2), Decimal("12.00"), 12),
        ("integer", pl.Decimal(18, 2), Decimal("12.50"), None),
        ("integer", pl.Boolean, True, 1),
        ("integer", pl.Categorical, "12", 12),
        ("real", pl.Decimal(18, 2), Decimal("12.50"), 12.5),
        ("real", pl.String, "12.5", 12.5),
        ("real", pl.Float32, 0.5, 0.5),
        ("real", pl.Int32, 7, 7.0),
        ("real", pl.Float64, float("nan"), None),
        ("text", pl.Categorical, "a", "a"),
        ("text", pl.Null, None, None),
    ],
)
def test_stored_type_becomes_the_kind(kind, dtype, stored, value):
    assert converted(kind, [stored], dtype).to_list() == [value]


@pytest.mark.parametrize(
    ("kind", "dtype", "answer"),
    [
        ("integer", pl.Int8(), True),
        ("integer", pl.Float64(), True),
        ("integer", pl.String(), True),
        ("integer", pl.Boolean(), True),
        ("text", pl.Boolean(), False),
        ("real", pl.Int64(), True),
        ("real", pl.Date(), False),
        ("text", pl.String(), True),
        ("text", pl.Categorical(), True),
        ("text", pl.Int64(), False),
        ("text", pl.Null(), True),
    ],
)
def test_parquet_type_fits_the_kind(kind, dtype, answer):
    assert fits(Column("x", kind, "A column."), dtype) is answer


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_written_reals_come_back_exactly(values):
    text = pl.Series(values, dtype=pl.Float64).to_frame("x").write_csv(include_header=False).splitlines()
    assert converted("real", text, pl.String).to_list() == values


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_written_integers_come_back_exactly(values):
    assert converted("integer", [str(value) for value in values], pl.String).to_list() == values
