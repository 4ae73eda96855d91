"""A change of the live version, as the audit trail stores it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from training.bundle import Population

Kind = Literal["promote", "rollback"]
State = Literal["begun", "done", "undone", "refused", "undecided"]
"""`begun` until the end is known; `undone` if the old version was put back; the gate's answer gives the last two."""

PREFIX = "credence.change."
LONGEST = 8000
"""Characters that MLflow accepts in a tag."""

Answer = Literal["promote", "refuse", "undecided"]

PASSED = {True: "holds", False: "fails", None: "not known"}
"""Whether a criterion passed, in words."""


class Criterion(msgspec.Struct, frozen=True, kw_only=True):
    """One condition that a version must satisfy."""

    name: str
    passed: bool | None
    """None if the evidence is not enough."""
    figure: float | None = None
    low: float | None = None
    """Lower end of the figure's 95 % interval."""
    high: float | None = None
    """Upper end of the figure's 95 % interval."""
    limit: float | None = None
    """The value that the figure or its interval is compared with."""
    sentence: str


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """The gate's answer with all its evidence."""

    answer: Answer
    why: str
    criteria: tuple[Criterion, ...]
    cohort: str | None
    """Id of the closed cohort that was judged on, or `hold-out` for a first version; None if there was no cohort."""
    population: Population | None
    rows: int
    """Applications that both versions scored."""
    labelled: int
    """Those of `rows` that have a known outcome and that neither version learned from."""
    defaults: int
    dropped: int
    """Known outcomes left out because one of the two versions learned from them."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to put a version live, whether it succeeded or not."""

    id: str = ""
    """Id of the MLflow run; empty before the change is recorded."""
    kind: Kind
    by: str
    """The person, or the run that acted for a person."""
    at: int
    """Microseconds since 1970, UTC."""
    before: str | None
    """The version that was live; None for the first."""
    after: str
    why: str
    approved: str | None = None
    """The reason that a person gave for approval; None if no approval was necessary."""
    flow_run: str | None = None
    """Id of the Prefect run that recorded it last; None if no Prefect run did."""
    state: State = "begun"
    gate: Gate | None = None
    """None for a rollback, which needs no gate."""


def to_tags(change: Change) -> dict[str, str]:
    """The tags of the run for a change. A gate too long for a tag is only in the run's artifact."""
    values = {name: value for name, value in msgspec.structs.asdict(change).items() if name not in ("id", "gate")}
    tags = {PREFIX + name: str(value)[:LONGEST] for name, value in values.items() if value is not None}
    gate = msgspec.json.encode(change.gate).decode()
    return tags if change.gate is None or len(gate) > LONGEST else {**tags, PREFIX + "gate": gate}


def from_tags(run: str, tags: Mapping[str, str]) -> Change:
    """Read a change from the tags of its run."""
    values: dict[str, Any] = {
        name.removeprefix(PREFIX): value for name, value in tags.items() if name.startswith(PREFIX)
    }
    gate = msgspec.json.decode(values["gate"], type=Gate) if "gate" in values else None
    return msgspec.convert({"before": None, **values, "id": run, "gate": gate}, Change, strict=False)


def measured(change: Change) -> dict[str, float]:
    """The gate's figures with their intervals, by name."""
    figures = {
        name + suffix: value
        for criterion in _criteria(change)
        for name in [criterion.name.replace(" ", "_")]
        for suffix, value in (("", criterion.figure), ("_low", criterion.low), ("_high", criterion.high))
    }
    return {name: value for name, value in figures.items() if value is not None}


def page(change: Change) -> str:
    """A change as Markdown: the decision and each criterion."""
    approved = [f"Approved by {change.by}: {change.approved}"] if change.approved else []
    head = [f"{change.kind} {change.before or 'nothing'} to {change.after}: **{change.state}**", change.why, *approved]
    rows = [f"| {each.name} | {PASSED[each.passed]} | {each.sentence} |" for each in _criteria(change)]
    table = ["| criterion | | |", "|---|---|---|", *rows] if rows else []
    return "\n\n".join(head) + "\n\n" + "\n".join(table)


def _criteria(change: Change) -> tuple[Criterion, ...]:
    return change.gate.criteria if change.gate else ()
