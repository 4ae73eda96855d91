"""The candidates beside each other, and the trials behind them."""

from __future__ import annotations

from collections.abc import Sequence

from training.reports.results import Candidate
from training.reports.table import ReportTable, interval
from training.selection.search import Trial

_SHOWN = 10


def candidates(found: Sequence[Candidate], chosen: str) -> ReportTable:
    """Cheapest first, the chosen one pointed out."""
    ordered = sorted(found, key=lambda one: (one.cost.value, one.family))
    rows = tuple(
        (one.family, interval(one.cost), interval(one.auc), interval(one.log_loss), str(one.trials)) for one in ordered
    )
    places = [number for number, one in enumerate(ordered) if one.family == chosen]
    columns = ("family", "cost per applicant", "AUC", "log loss", "trials")
    return ReportTable(columns, rows, places[0] if places else None)


def trials(found: Sequence[Trial]) -> ReportTable:
    """The cheapest trials of a family with parameters, numbered as they were tried."""
    numbered = [(number, one) for number, one in enumerate(found, 1) if one.parameters]
    best = sorted(numbered, key=lambda pair: (pair[1].cost, pair[1].family, pair[0]))[:_SHOWN]
    rows = tuple(
        (
            f"{one.family} {number}",
            f"{one.cost:.4f}",
            f"{one.log_loss:.4f}",
            ", ".join(f"{name} {value:g}" for name, value in sorted(one.parameters.items())),
        )
        for number, one in best
    )
    return ReportTable(("trial", "cost", "log loss", "parameters"), rows, words=(0, 3))
