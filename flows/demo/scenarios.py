"""What can happen to the lender's world, and how the platform should take it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from training.synthetic import worlds
from training.synthetic.lender import Lender


@dataclass(frozen=True)
class Scenario:
    """One story."""

    world: Callable[[], Lender]
    happens: str
    """What changes, in a sentence."""
    verdict: str
    """What the monitor should then say."""
    ends: tuple[str, ...]
    """How the retraining may end: states of the change in the audit trail."""
    approve: str | None = None
    """Why a person lets the version live that the gate leaves to one; None where nobody does."""


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
