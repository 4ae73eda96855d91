"""A lender's product: its tables, and what is made of their columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from training.bundle import Reason
from training.errors import TrainingError
from training.product.columns import FormField, Kind, Table
from training.product.history import HistoryFeature, HistorySource


class ProductError(TrainingError):
    """A product contradicts itself; the message names the place, what was expected and what is there."""

    def __init__(self, place: str, expected: str, got: str) -> None:
        super().__init__(f"{place}: expected {expected}, got {got}")
        self.place, self.expected, self.got = place, expected, got


@dataclass(frozen=True)
class Ratio:
    """`top / bottom`; missing if either is missing or the quotient is not finite."""

    name: str
    top: str
    bottom: str
    reason: str


@dataclass(frozen=True)
class SummaryFeature:
    """Mean, minimum and maximum of the present values of some fields; missing if all values are missing."""

    name: str
    fields: tuple[str, ...]
    reason: str

    @property
    def names(self) -> tuple[str, str, str]:
        """The names of the three features."""
        return (f"{self.name}_mean", f"{self.name}_min", f"{self.name}_max")


@dataclass(frozen=True, kw_only=True)
class Product:
    """One product. Raises ProductError if its parts do not fit each other."""

    name: str
    applications: Table
    """Applications whose outcome is known. Its form fields are the fields of an application."""
    unlabelled: Table | None = None
    """Applications whose outcome is not known."""
    outcome: str
    """The column of `applications` that says what became of a loan."""
    default: int | str = 1
    """Its value for a client who defaulted."""
    client: str | None = None
    """The column of both tables that names the client; None if nobody is known by a number."""
    past: tuple[Table, ...] = ()
    """The tables of the clients' history; each may be absent."""
    history: tuple[HistorySource, ...] = ()
    ratios: tuple[Ratio, ...] = ()
    summaries: tuple[SummaryFeature, ...] = ()
    reasons: tuple[Reason, ...]
    """What a letter to an applicant can name."""
    undecided: tuple[str, ...] = ()
    """What a person has still to decide; each sentence is an alarm of a version."""

    def __post_init__(self) -> None:
        if self.outcome not in [column.name for column in self.applications.columns]:
            raise ProductError("outcome", f"a column of {self.applications.name}", repr(self.outcome))
        self._check_client()
        self._check_reasons()
        self._check_numbers()
        names = [table.name for table in self.past]
        for source in self.history:
            for table in source.tables:
                if table not in names:
                    raise ProductError("history", f"tables among {', '.join(names) or 'none'}", repr(table))

    @cached_property
    def fields(self) -> tuple[FormField, ...]:
        """The fields of an application, in the order of their table."""
        return tuple(column for column in self.applications.columns if isinstance(column, FormField))

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """The kind of each field by its name."""
        return {field.name: field.kind for field in self.fields}

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """All tables by name, parents before children."""
        whole = (self.applications, *([self.unlabelled] if self.unlabelled else []), *self.past)
        return {table.name: table for table in whole}

    @cached_property
    def history_features(self) -> tuple[HistoryFeature, ...]:
        """The features of all sources, in order."""
        return tuple(feature for source in self.history for feature in source.features)

    @cached_property
    def reason_of(self) -> Mapping[str, str]:
        """The reason's code by the name of a field, ratio, summary or history feature."""
        reasons = {field.name: field.reason for field in self.fields}
        reasons |= {ratio.name: ratio.reason for ratio in self.ratios}
        reasons |= {summary.name: summary.reason for summary in self.summaries}
        return reasons | {feature.name: feature.reason for feature in self.history_features}

    def _check_client(self) -> None:
        whole = [self.applications, *([self.unlabelled] if self.unlabelled else [])]
        for table in whole:
            if self.client and self.client not in [column.name for column in table.columns]:
                raise ProductError(f"client {self.client}", f"a column of {table.name}", "no such column")
        if self.history and not self.client:
            raise ProductError("history", "a column that names the client", "none")

    def _check_reasons(self) -> None:
        known = [reason.code for reason in self.reasons]
        for name, reason in self.reason_of.items():
            if reason not in known:
                raise ProductError(name, f"one of the reasons {', '.join(known)}", repr(reason))

    def _check_numbers(self) -> None:
        numbers = [field.name for field in self.fields if field.kind != "text"]
        used = [(ratio.name, (ratio.top, ratio.bottom)) for ratio in self.ratios]
        for name, fields in (*used, *((summary.name, summary.fields) for summary in self.summaries)):
            for field in fields:
                if field not in numbers:
                    raise ProductError(name, "fields that are numbers", repr(field))
