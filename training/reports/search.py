"""The table of candidates and the table of their trials."""

from __future__ import annotations

from collections.abc import Sequence

from training.reports.results import Candidate
from training.reports.table import ReportTable, interval
from training.selection.search import Trial

_SHOWN = 10


def candidates(results: Sequence[Candidate], chosen: str) -> ReportTable:
    """The candidates, cheapest first; the row of the chosen family is highlighted."""
    ordered = sorted(results, key=lambda row: (row.cost.value, row.family))
    rows = tuple(
        (row.family, interval(row.cost), interval(row.auc), interval(row.log_loss), str(row.trials)) for row in ordered
    )
    places = [number for number, row in enumerate(ordered) if row.family == chosen]
    columns = ("family", "cost per applicant", "AUC", "log loss", "trials")
    return ReportTable(columns, rows, places[0] if places else None)


def trials(results: Sequence[Trial]) -> ReportTable:
    """The cheapest trials of families with parameters; their numbers are the order of the search."""
    numbered = [(number, trial) for number, trial in enumerate(results, 1) if trial.parameters]
    best = sorted(numbered, key=lambda pair: (pair[1].cost, pair[1].family, pair[0]))[:_SHOWN]
    rows = tuple(
        (
            f"{trial.family} {number}",
            f"{trial.cost:.4f}",
            f"{trial.log_loss:.4f}",
            ", ".join(f"{name} {value:g}" for name, value in sorted(trial.parameters.items())),
        )
        for number, trial in best
    )
    return ReportTable(("trial", "cost", "log loss", "parameters"), rows, words=(0, 3))
