"""A change of what is live, as the audit trail keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from training.bundle import Population

Kind = Literal["promote", "rollback"]
State = Literal["begun", "done", "undone", "refused", "undecided"]
"""`begun` until it is known how it ended; `undone` put the old version back; the gate said the last two."""

PREFIX = "credence.change."
LONGEST = 8000
"""Characters that MLflow takes in a tag."""

Answer = Literal["promote", "refuse", "undecided"]

PASSED = {True: "holds", False: "fails", None: "not known"}
"""Whether a criterion passed, in words."""


class Criterion(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a version must satisfy."""

    name: str
    passed: bool | None
    """None if the evidence does not say."""
    figure: float | None = None
    low: float | None = None
    """Of the figure's 95 % interval, as `high`."""
    high: float | None = None
    limit: float | None = None
    """The value that the figure or its interval is compared with."""
    sentence: str


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """The gate's answer with everything it rests on."""

    answer: Answer
    why: str
    criteria: tuple[Criterion, ...]
    cohort: str | None
    """Id of the closed cohort, `hold-out` for a first version; None if there was none to judge by."""
    population: Population | None
    rows: int
    """Applications that both versions scored."""
    labelled: int
    """Of them, those with a known outcome that neither version learned from."""
    defaults: int
    dropped: int
    """Known outcomes left out because one of the two versions learned from them."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to put a version live, whatever became of it."""

    id: str = ""
    """The MLflow run's; empty before it is recorded."""
    kind: Kind
    by: str
    """The person, or the run that acted for one."""
    at: int
    """Microseconds since 1970, UTC."""
    before: str | None
    """The version that was live; None for the first."""
    after: str
    why: str
    approved: str | None = None
    """The reason a person gave to let it live; None where none was asked."""
    flow_run: str | None = None
    """The id of Prefect's run that recorded it last; None for a change without one."""
    state: State = "begun"
    gate: Gate | None = None
    """None for a rollback, which needs none."""


def to_tags(change: Change) -> dict[str, str]:
    """What a run is tagged with; a gate longer than a tag is in the run's artifact alone."""
    values = {name: value for name, value in msgspec.structs.asdict(change).items() if name not in ("id", "gate")}
    tags = {PREFIX + name: str(value)[:LONGEST] for name, value in values.items() if value is not None}
    gate = msgspec.json.encode(change.gate).decode()
    return tags if change.gate is None or len(gate) > LONGEST else {**tags, PREFIX + "gate": gate}


def from_tags(run: str, tags: Mapping[str, str]) -> Change:
    """A change from the tags of its run."""
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
    """A change as Markdown: what was decided, and each criterion."""
    approved = [f"Approved by {change.by}: {change.approved}"] if change.approved else []
    head = [f"{change.kind} {change.before or 'nothing'} to {change.after}: **{change.state}**", change.why, *approved]
    rows = [f"| {each.name} | {PASSED[each.passed]} | {each.sentence} |" for each in _criteria(change)]
    table = ["| criterion | | |", "|---|---|---|", *rows] if rows else []
    return "\n\n".join(head) + "\n\n" + "\n".join(table)


def _criteria(change: Change) -> tuple[Criterion, ...]:
    return change.gate.criteria if change.gate else ()
