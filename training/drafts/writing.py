"""Writing a draft down: the table as CSV, and a commented definition that a person finishes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from training.drafts.draft import Draft
from training.drafts.guess import Guess
from training.product.definition import NAME

_HEAD = """\
# What {name} lends and asks. `credence init` guessed it from the table; a person finishes it.
# Check it:  credence data check {folder}      Go on:  credence train --data {folder}

name = {quoted}
table = {quoted}  # the file {name}.csv beside this one
{client}
# Each line here is an alarm of every version that is trained, until a person has decided it and removed the line.
undecided = [
    "protected",   # which columns the law protects: they are watched by group, and are no inputs
    "actionable",  # which columns an applicant can change, so that advice may name them
    "words",       # the words of the reasons, which letters to applicants use
]

[outcome]
column = {outcome}
default = {default}  # the value of a client who defaulted: {rate:.1%} of the rows
repaid = {repaid}
"""


def write(draft: Draft, directory: Path) -> tuple[Path, Path]:
    """Write table and definition into a folder, and return their paths. Raises FileExistsError for another draft's."""
    directory.mkdir(parents=True, exist_ok=True)
    table, definition = directory / f"{draft.name}.csv", directory / NAME
    with definition.open("x", encoding="utf-8") as file:
        file.write(text(draft, directory))
    draft.frame.write_csv(table)
    return table, definition


def text(draft: Draft, directory: Path) -> str:
    """The definition, as TOML with comments."""
    head = _HEAD.format(
        name=draft.name,
        folder=directory,
        quoted=_quoted(draft.name),
        client=f"client = {_quoted(draft.client)}\n" if draft.client else "",
        outcome=_quoted(draft.outcome),
        default=_quoted(draft.default),
        repaid=_quoted(draft.repaid),
        rate=draft.rate,
    )
    return "\n".join((head, *_left_out(draft), *_columns(draft), *_reasons(draft), *_ratios(draft)))


def _left_out(draft: Draft) -> Iterator[str]:
    if draft.left_out:
        yield "[left_out]  # columns that are no inputs, and why; move one to [columns.…] to use it"
        yield from (f"{_key(each.name)} = {_quoted(each.reason)}" for each in draft.left_out)
        yield ""


def _columns(draft: Draft) -> Iterator[str]:
    yield "# The form. `type` is number, integer or category; every line is a guess until you have read it."
    for column in draft.columns:
        yield f"[columns.{_key(column.name)}]"
        yield f"type = {_quoted(column.type)}"
        yield f"reason = {_quoted(_code(column))}"
        if column.unit:
            yield f"unit = {_quoted(column.unit)}  # guess"
        if column.missing:
            yield f"missing = {list(column.missing)}  # guess: codes that stand for a missing value"
        if column.optional:
            yield "optional = true  # some rows have no value"
        if column.protected:
            yield "protected = true  # guess, by its name"
        yield ""


def _reasons(draft: Draft) -> Iterator[str]:
    yield "# What a letter can name. Several columns may share a reason; write the words as an applicant reads them."
    for code, column in {_code(column): column for column in draft.columns}.items():
        words = _quoted(_words(column))
        yield f"[reasons.{code}]"
        yield f"fr = {words}"
        yield f"en = {words}"
        yield ""


def _ratios(draft: Draft) -> Iterator[str]:
    money = [column for column in draft.columns if column.unit == "currency"][:2]
    if len(money) == 2:
        top, bottom = money
        yield "# A ratio of two numbers is often worth more than both, for instance"
        yield f"# [ratios.{_code(top)}_to_{_code(bottom)}]"
        yield f"# top = {_quoted(top.name)}"
        yield f"# bottom = {_quoted(bottom.name)}"
        yield f"# reason = {_quoted(_code(top))}"
        yield ""


def _quoted(value: int | str | None) -> str:
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)


def _code(column: Guess) -> str:
    return re.sub(r"[^a-z0-9]+", "_", column.name.casefold()).strip("_") or "column"


def _words(column: Guess) -> str:
    return re.sub(r"[_.\s]+", " ", column.name).strip().capitalize()
