"""The candidates beside each other, and the trials behind them."""

from __future__ import annotations

from collections.abc import Sequence

from training.reports.results import Candidate, Trial
from training.reports.table import Table, interval

_SHOWN = 10


def candidates(found: Sequence[Candidate], chosen: str) -> Table:
    """Cheapest first, the chosen one pointed out."""
    ordered = sorted(found, key=lambda one: (one.cost.value, one.family))
    rows = tuple(
        (one.family, interval(one.cost), interval(one.auc), interval(one.log_loss), str(one.trials)) for one in ordered
    )
    places = [number for number, one in enumerate(ordered) if one.family == chosen]
    columns = ("family", "cost per applicant", "AUC", "log loss", "trials")
    return Table(columns, rows, places[0] if places else None)


def trials(found: Sequence[Trial]) -> Table:
    """The cheapest trials with their parameters."""
    best = sorted(found, key=lambda one: (one.cost, one.family, one.number))[:_SHOWN]
    rows = tuple(
        (
            f"{one.family} {one.number}",
            f"{one.cost:.4f}",
            f"{one.log_loss:.4f}",
            ", ".join(f"{name} {value:g}" for name, value in sorted(one.parameters.items())),
        )
        for one in best
    )
    return Table(("trial", "cost", "log loss", "parameters"), rows, words=(0, 3))
