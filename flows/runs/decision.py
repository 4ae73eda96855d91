"""A person's decision about a version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from flows.errors import FlowError


@dataclass(frozen=True)
class HumanDecision:
    """A person's decision, with the reason for the audit trail."""

    kind: Literal["approve", "agree", "refuse"]
    """`approve` puts a version live if the gate leaves the decision to a person. The others are about a version that
    passed the gate: `agree` is only recorded, `refuse` keeps the champion."""
    reason: str

    def __post_init__(self) -> None:
        """Raises FlowError for an empty reason to approve."""
        if self.kind == "approve" and not self.reason.strip():
            raise FlowError("--approve: expected the reason why the version may live, got an empty one")


def approval(reason: str | None) -> HumanDecision | None:
    """The approval with this reason; None without a reason. Raises FlowError for an empty one."""
    return None if reason is None else HumanDecision("approve", reason)
