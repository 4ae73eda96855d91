"""The changes that can happen to the lender's world, and the platform's expected reactions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from training.synthetic import worlds
from training.synthetic.lender import Lender


@dataclass(frozen=True)
class Scenario:
    """One change of the world, and the expected reaction."""

    world: Callable[[], Lender]
    happens: str
    """The change, as a sentence."""
    verdict: str
    """The judgement that the monitor should then reach."""
    ends: tuple[str, ...]
    """How the promotion may end: states of the change in the audit trail."""
    approve: str | None = None
    """A person's reason to approve the version if the gate does not promote it; None for no approval."""


SCENARIOS = {
    "changed": Scenario(
        worlds.changed,
        "other clients apply, and other things make them default: scores bought from outside say nothing any more, "
        "enquiries at the credit bureau say most",
        "retrain",
        ("done",),
    ),
    "population": Scenario(
        worlds.population,
        "other clients apply: younger, less documented, with larger loans; what makes one default stays as it was",
        "retrain",
        ("refused", "undecided"),
    ),
    "calibration": Scenario(
        worlds.calibration,
        "the same clients apply, each with 1.8 times the odds of default: who is riskier than whom stays as it was",
        "recalibrate",
        ("refused",),
        "more default, so fewer are worth accepting",
    ),
}
