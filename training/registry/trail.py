"""A change of what is live, as the audit trail keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

Kind = Literal["promote", "rollback"]
State = Literal["begun", "done", "undone", "refused", "undecided"]
"""`begun` until it is known how it ended; `undone` put the old version back; the gate said the last two."""

PREFIX = "credence.change."
LONGEST = 8000
"""Characters that MLflow takes in a tag."""

TOLD = {True: "holds", False: "fails", None: "not known"}
"""Whether a criterion passed, in words."""


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
    gate: Mapping[str, Any] | None = None
    """The gate's answer with its criteria; None for a rollback, which needs none."""


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
    gate = msgspec.json.decode(values["gate"]) if "gate" in values else None
    return msgspec.convert({"before": None, **values, "id": run, "gate": gate}, Change, strict=False)


def measured(change: Change) -> dict[str, float]:
    """The gate's figures with their intervals, by name."""
    criteria = change.gate["criteria"] if change.gate else ()
    return {
        (name if part == "figure" else f"{name}_{part}"): criterion[part]
        for criterion in criteria
        for name in [criterion["name"].replace(" ", "_")]
        for part in ("figure", "low", "high")
        if criterion.get(part) is not None
    }


def page(change: Change) -> str:
    """A change as Markdown: what was decided, and each criterion."""
    approved = [f"Approved by {change.by}: {change.approved}"] if change.approved else []
    head = [f"{change.kind} {change.before or 'nothing'} to {change.after}: **{change.state}**", change.why, *approved]
    criteria = change.gate["criteria"] if change.gate else ()
    rows = [f"| {one['name']} | {TOLD[one['passed']]} | {one['sentence']} |" for one in criteria]
    table = ["| criterion | | |", "|---|---|---|", *rows] if rows else []
    return "\n\n".join(head) + "\n\n" + "\n".join(table)
