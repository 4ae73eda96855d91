"""Descriptions of the raw tables and their columns, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from training.bundle.manifest import Datatype

Kind = Literal["integer", "real", "text"]
"""`integer` never has a fraction. A count that may be missing is `real`, as in the files."""

Unit = Literal["days", "months", "years", "currency", "share"]
"""Days and months count from the application: negative is before it. `currency` is the lender's currency."""

KINDS: Mapping[Datatype, Kind] = {"INT64": "integer", "FP64": "real", "BYTES": "text"}
"""The kind of a column by a field's datatype."""
_DATATYPES = {kind: datatype for datatype, kind in KINDS.items()}


@dataclass(frozen=True)
class Column:
    """One column of a raw table."""

    name: str
    kind: Kind
    description: str
    unit: Unit | None = None
    """None if the number has no unit: a flag, a count, a score."""
    nullable: bool = False
    """Whether missing values are normal here."""
    levels: tuple[int | str, ...] = ()
    """All possible values if their number is fixed (a flag, a weekday); otherwise empty."""
    anomalies: tuple[int | str, ...] = ()
    """Values that mean missing."""
    protected: bool = False
    """Kept for fairness reports and, unless a run allows it, not an input of the model."""
    actionable: bool = False
    """The applicant can ask for other terms."""

    @property
    def datatype(self) -> Datatype:
        """The type by its Open Inference Protocol name."""
        return _DATATYPES[self.kind]


@dataclass(frozen=True)
class FormField(Column):
    """A column of the application form, so it can be a reason to refuse the loan."""

    reason: str = field(kw_only=True)
    """Code of the reason to which it belongs."""


@dataclass(frozen=True)
class Table:
    """One raw table: its columns in the order of the published file, and the links between rows."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: str | None = None
    """The column that identifies a row; None if no single column does."""
    parents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Column to its parent tables; at least one of them must hold the column's value."""

    vital: tuple[str, ...] = ()
    """Further columns in which a missing value is an error, such as the outcome."""

    def column(self, name: str) -> Column:
        """The column with this name. Raises KeyError if the table has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
