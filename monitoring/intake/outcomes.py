"""What became of applications, as a request tells it."""

from __future__ import annotations

import msgspec

from monitoring.errors import RequestError
from monitoring.intake.decoding import decode

SMALLEST = 1e-4
"""Share of the refused that may be explored: an outcome that stands for more of them than the inverse is all of a
figure, and its square soon no number at all."""


class ReportedOutcome(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of one accepted application."""

    record: str
    """The record's id."""
    defaulted: bool
    explored: float | None = None
    """Where the model refused: the share of refused applications that are accepted at random to learn from them."""


class _Told(msgspec.Struct, forbid_unknown_fields=True):
    outcomes: tuple[ReportedOutcome, ...]


def parse_outcomes(body: bytes) -> tuple[ReportedOutcome, ...]:
    """The outcomes in a request's JSON. Raises RequestError for what is none, or told twice."""
    told = decode(body, _Told).outcomes
    seen: set[str] = set()
    for outcome in told:
        if "\x00" in outcome.record:
            raise RequestError(f"record: expected the id of a record, got {outcome.record!r}")
        if outcome.record in seen:
            raise RequestError(f"record {outcome.record}: expected one outcome, got another in the same request")
        if outcome.explored is not None and not SMALLEST <= outcome.explored <= 1:
            raise RequestError(
                f"record {outcome.record}: explored: expected a share from {SMALLEST:g} to 1, got {outcome.explored}"
            )
        seen.add(outcome.record)
    return told


def check_outcome(outcome: ReportedOutcome, refused: bool | None) -> None:
    """Raises RequestError for an outcome that cannot be of its record; `refused` is None where no record is there.

    Whoever is accepted against the model without being drawn at random is not like those who were refused, and
    nothing can be learned about them from him.
    """
    if refused is None:
        raise RequestError(
            f"record: expected the id of a record, got {outcome.record!r}: it has not arrived yet and can be told "
            "again then, or it expired or was forgotten"
        )
    if refused and outcome.explored is None:
        raise RequestError(
            f"record {outcome.record}: explored: expected the share of refused applications that are accepted at "
            "random, because this one was refused, got nothing"
        )
    if not refused and outcome.explored is not None:
        raise RequestError(
            f"record {outcome.record}: explored: expected nothing, because this application was accepted, "
            f"got {outcome.explored}"
        )
