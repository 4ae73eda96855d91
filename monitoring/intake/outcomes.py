"""Outcomes of applications, as a request reports them."""

from __future__ import annotations

import msgspec

from monitoring.errors import RequestError
from monitoring.intake.decoding import decode

SMALLEST = 1e-4
"""Smallest share of explored applications. An outcome has the weight 1 / share: with a smaller share, one outcome would
decide a figure, and the square of its weight could overflow."""


class ReportedOutcome(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The outcome of one accepted application."""

    record: str
    """The record's id."""
    defaulted: bool
    explored: float | None = None
    """If the model refused: the share of refused applications that are accepted at random to learn from them."""


class _Outcomes(msgspec.Struct, forbid_unknown_fields=True):
    outcomes: tuple[ReportedOutcome, ...]


def parse_outcomes(body: bytes) -> tuple[ReportedOutcome, ...]:
    """The outcomes in a request's JSON. Raises RequestError for an invalid or a repeated outcome."""
    outcomes = decode(body, _Outcomes).outcomes
    seen: set[str] = set()
    for outcome in outcomes:
        if "\x00" in outcome.record:
            raise RequestError(f"record: expected the id of a record, got {outcome.record!r}")
        if outcome.record in seen:
            raise RequestError(f"record {outcome.record}: expected one outcome, got another in the same request")
        if outcome.explored is not None and not SMALLEST <= outcome.explored <= 1:
            raise RequestError(
                f"record {outcome.record}: explored: expected a share from {SMALLEST:g} to 1, got {outcome.explored}"
            )
        seen.add(outcome.record)
    return outcomes


def check_outcome(outcome: ReportedOutcome, refused: bool | None) -> None:
    """Raises RequestError for an outcome that does not fit its record; `refused` is None if there is no such record.

    A refused applicant who was accepted without a random draw is not like the other refused applicants. So his outcome
    cannot be used to learn about them.
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
