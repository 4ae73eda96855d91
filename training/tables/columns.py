"""What is known about a raw table and its columns, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["integer", "real", "text"]
"""`integer` never carries a fraction; a count that may be missing is `real`, as in the files themselves."""

Unit = Literal["days", "months", "years", "currency", "share"]
"""Days and months count from the application: negative is before it. Currency is that of the lender."""

_DATATYPES: dict[Kind, Literal["INT64", "FP64", "BYTES"]] = {"integer": "INT64", "real": "FP64", "text": "BYTES"}


@dataclass(frozen=True)
class Column:
    """One column of a raw table."""

    name: str
    kind: Kind
    description: str
    unit: Unit | None = None
    """None where the number has none: a flag, a count, a score."""
    nullable: bool = False
    """Whether missing values are normal here."""
    levels: tuple[int, ...] | tuple[str, ...] = ()
    """Every value there can be, where that is closed by nature (a flag, a weekday); empty where it is open."""
    anomalies: tuple[int, ...] | tuple[str, ...] = ()
    """Values that stand for missing."""
    protected: bool = False
    """Kept for fairness reports and, unless a run allows it, not an input of the model."""
    actionable: bool = False
    """The applicant could ask for other terms."""

    @property
    def datatype(self) -> Literal["INT64", "FP64", "BYTES"]:
        """The type by its Open Inference Protocol name."""
        return _DATATYPES[self.kind]


@dataclass(frozen=True)
class FormField(Column):
    """A column that an applicant answers, so it can be a reason to refuse the loan."""

    reason: str = field(kw_only=True)
    """Code of the one reason it belongs to."""


@dataclass(frozen=True)
class Table:
    """One raw table: its columns in the order of the published file, and how its rows hang together."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: str | None = None
    """The column that identifies a row; None where a row has no single one."""
    parents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Column to the tables, one of which must hold its value."""

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
