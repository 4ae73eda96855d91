"""What is guessed of a table, and the definition that says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from training.drafts import draft, write
from training.drafts.draft import Draft
from training.product import ProductError
from training.product.definition import UNDECIDED
from training.products import product_of
from training.tables import check, read

ROWS = 2_000


def lender() -> pl.DataFrame:
    """Applications with one column of each kind that people have."""
    random = np.random.default_rng(0)
    outcome = (random.random(ROWS) < 0.2).astype(int)
    late = random.poisson(1, ROWS)
    late[:5] = 98
    age = random.integers(21, 80, ROWS)
    age[7] = 0
    return pl.DataFrame(
        {
            "contract_id": range(5_000, 5_000 + ROWS),
            "bad": outcome,
            "collected": np.where(outcome, random.normal(100, 5, ROWS), 0.0),
            "country": ["FR"] * ROWS,
            "remark": [f"call {i} again" for i in range(ROWS)],
            "opened": pl.Series([19_000 + i % 900 for i in range(ROWS)]).cast(pl.Date),
            "income": [None if i % 9 == 0 else 1000 + i * 7.5 for i in range(ROWS)],
            "credit amount": random.integers(1, 50, ROWS) * 100,
            "times_late": late,
            "age": age,
            "sex": random.choice(["f", "m"], ROWS),
        }
    )


@pytest.fixture(scope="module")
def made() -> Draft:
    return draft(lender(), "loans", "bad")


def test_columns_are_guessed(made: Draft) -> None:
    found = {each.name: (each.type, each.unit, each.missing, each.optional, each.protected) for each in made.columns}
    assert found == {
        "income": ("number", "currency", (), True, False),
        "credit amount": ("integer", "currency", (), False, False),
        "times_late": ("integer", None, (98,), False, False),
        "age": ("integer", "years", (0,), False, True),
        "sex": ("category", None, (), False, True),
    }


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("contract_id", "another one in every row"),
        ("collected", "tells the outcome alone"),
        ("country", "the value FR in every row"),
        ("remark", "another one in every row"),
        ("opened", "a date"),
    ],
)
def test_what_is_no_field_is_left_out_with_the_reason(made: Draft, name: str, why: str) -> None:
    (left,) = [each for each in made.left_out if each.name == name]
    assert why in left.reason


def test_written_definition_is_read_and_fits_its_table(made: Draft, tmp_path: Path) -> None:
    write(made, tmp_path)
    product = product_of(tmp_path)
    assert check(tmp_path, product).problems == ()
    tables = read(tmp_path, product)
    assert [field.name for field in product.fields] == [each.name for each in made.columns]
    assert tables.outcome.sum() == lender()["bad"].sum()
    assert product.undecided == tuple(UNDECIDED.values())


def test_a_persons_work_is_not_overwritten(made: Draft, tmp_path: Path) -> None:
    _, definition = write(made, tmp_path)
    definition.write_text("mine")
    with pytest.raises(FileExistsError):
        write(made, tmp_path)
    assert definition.read_text() == "mine"


@pytest.mark.parametrize(
    ("values", "default", "chosen"),
    [((0, 1), None, 1), (("paid", "lost"), None, "lost"), ((1, 2), "2", 2), (("no", "yes"), None, "yes")],
)
def test_default_is_found_or_said(values: tuple[int, int], default: str | None, chosen: object) -> None:
    frame = lender().with_columns(pl.Series("bad", [values[i % 2] for i in range(ROWS)]))
    assert draft(frame, "loans", "bad", default=default).default == chosen


@pytest.mark.parametrize(
    ("outcome", "default", "message"),
    [
        ("late", None, "late: expected one of the columns contract_id, bad, .*, got no such column"),
        ("times_late", None, "outcome times_late: expected two values, got .*: 0, 1, 2"),
        ("sex", None, "outcome sex: expected --default f or --default m, got neither"),
        ("sex", "x", "--default: expected one of f, m, got x"),
    ],
)
def test_outcome_without_two_values_is_named(outcome: str, default: str | None, message: str) -> None:
    with pytest.raises(ProductError, match=message):
        draft(lender(), "loans", outcome, default=default)
