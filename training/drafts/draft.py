"""A draft of a product: what every column of a table probably is."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from training.drafts.guess import Guess, LeftOut, guess
from training.product import ProductError

_GOOD = ("0", "no", "n", "false", "good", "paid", "repaid", "fully paid", "non", "nein")


@dataclass(frozen=True)
class Draft:
    """What `write` writes down."""

    name: str
    frame: pl.DataFrame
    outcome: str
    default: int | str
    repaid: int | str
    client: str | None
    columns: tuple[Guess, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def rate(self) -> float:
        """Share of the rows that defaulted."""
        return float((self.frame[self.outcome] == self.default).mean())  # type: ignore[arg-type] # a share


def draft(frame: pl.DataFrame, name: str, outcome: str, client: str | None = None, default: str | None = None) -> Draft:
    """Guess what the columns of a table are.

    Raises ProductError if a named column is missing, or the outcome has not two values.
    """
    for column in (outcome, *([client] if client else [])):
        if column not in frame.columns:
            raise ProductError(column, f"one of the columns {', '.join(frame.columns)}", "no such column")
    known = frame.filter(pl.col(outcome).is_not_null())
    bad, good = _values(known[outcome], default)
    defaulted = (known[outcome] == bad).to_numpy()
    found = [guess(column, defaulted) for column in known if column.name not in (outcome, client)]
    return Draft(
        name=name,
        frame=known,
        outcome=outcome,
        default=bad,
        repaid=good,
        client=client,
        columns=tuple(each for each in found if isinstance(each, Guess)),
        left_out=tuple(each for each in found if isinstance(each, LeftOut)),
    )


def _values(outcome: pl.Series, default: str | None) -> tuple[int | str, int | str]:
    """The value of a default, and the other one; without a choice, the value that no word or number calls good."""
    values = outcome.unique().sort().to_list()
    if len(values) != 2 or outcome.dtype not in (pl.Int64, pl.String):
        shown = ", ".join(map(str, values[:5])) + ", …" * (len(values) > 5)
        raise ProductError(f"outcome {outcome.name}", "two values", f"{len(values)}: {shown}")
    texts = [str(value) for value in values]
    if default is not None and default not in texts:
        raise ProductError("--default", f"one of {texts[0]}, {texts[1]}", default)
    if default is None and sum(text.casefold() in _GOOD for text in texts) != 1:
        raise ProductError(f"outcome {outcome.name}", f"--default {texts[0]} or --default {texts[1]}", "neither")
    place = texts.index(default) if default else [text.casefold() in _GOOD for text in texts].index(False)
    return values[place], values[1 - place]
