"""A definition that is broken is refused by key, with what was expected and what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.product import ProductError
from training.product.definition import parse
from training.products import product_of
from training.tables import check

WHOLE = """
name = "loans"
table = "loans"
client = "number"

[outcome]
column = "bad"
default = "yes"
repaid = "no"

[columns.income]
type = "number"
reason = "means"
missing = [99]

[columns.amount]
type = "integer"
reason = "means"

[columns.town]
type = "category"
reason = "means"
levels = ["Lyon", "Paris"]

[ratios.share]
top = "amount"
bottom = "income"
reason = "means"

[reasons.means]
fr = "Vos moyens"
en = "Your means"

[left_out]
remark = "free text"
"""
ROWS = "number,bad,income,amount,town,remark\n1,no,10.5,3,Lyon,x\n2,yes,99,4,Paris,\n"


def test_a_definition_is_a_product() -> None:
    product = parse(WHOLE)
    assert [field.name for field in product.fields] == ["income", "amount", "town"]
    assert (product.client, product.outcome, product.default) == ("number", "bad", "yes")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[outcome]", "colour = 3\n[outcome]", "colour: expected one of the keys name, .*, got another one"),
        (
            'type = "integer"',
            'type = "money"',
            "columns.amount.type: expected one of number, .*, got 'money'",
        ),
        ('table = "loans"\n', "", "table: expected a value, got none"),
        (
            "missing = [99]",
            'missing = ["x"]',
            r"columns.income.missing: expected whole numbers, got \['x'\]",
        ),
        (
            'reason = "means"\n\n[reasons',
            'reason = "luck"\n\n[reasons',
            "share: .*reasons means, got 'luck'",
        ),
        ('bottom = "income"', 'bottom = "town"', "share: expected fields that are numbers, got 'town'"),
        ('en = "Your means"', "", "reasons.means.en: expected a value, got none"),
        (
            'repaid = "no"',
            'repaid = "yes"',
            "outcome: expected two values of one type, got 'yes' and 'yes'",
        ),
        ('repaid = "no"', "repaid = 0", "outcome: expected two values of one type, got 0 and 'yes'"),
        ("[outcome]", "[outcome", "expected a TOML file"),
    ],
)
def test_a_broken_definition_is_named(old: str, new: str, message: str) -> None:
    assert old in WHOLE
    with pytest.raises(ProductError, match=rf"^product\.toml(, |: ){message}"):
        parse(WHOLE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("", "", ""),
        (",income,", ",wage,", "column income: expected a number under this name, found no such column"),
        ("Paris", "Nice", "column town, row 2 .*: expected one of Lyon, Paris, found Nice"),
        ("2,yes", "2,maybe", "column bad, row 2 .*: expected one of no, yes, found maybe"),
        ("2,yes", "2,", "column bad, row 2 .*: expected a value in every row, found nothing"),
        ("2,yes", "1,yes", "column number, row 2 .*: expected each value once, found 1 again"),
    ],
)
def test_a_table_that_does_not_fit_is_named(old: str, new: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "product.toml").write_text(WHOLE)
    (tmp_path / "loans.csv").write_text(ROWS.replace(old, new) if old else ROWS)
    problems = check(tmp_path, product_of(tmp_path)).problems
    if not message:
        assert problems == ()
    else:
        with pytest.raises(AssertionError, match=message):
            raise AssertionError("\n".join(map(str, problems)))
