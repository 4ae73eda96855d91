"""Results of protected groups: how many the model approves, and if its probabilities are right for each group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from training.bundle.groups import FOUR_FIFTHS
from training.measures.evaluation import ACCURACY_APPROVE_ALL, APPROVAL_RATE, AUC, COST, OBSERVED_EXPECTED
from training.measures.groups import GroupMetrics
from training.reports.picture import BAD, GOOD, GREY, bare, canvas, percent_axis, styled
from training.reports.table import ReportTable, interval, percent


@styled
def figure(groups: Mapping[str, Sequence[GroupMetrics]]) -> Figure:
    """Approval rate of each group with its interval, and observed over expected defaults."""
    names = [(field, group) for field, members in groups.items() for group in members]
    places = -np.arange(len(names))
    drawing = canvas(1.0 + 0.26 * len(names))
    left, right = drawing.subplots(1, 2, sharey=True)
    for place, (_, group) in zip(places, names, strict=True):
        for axes, metric in ((left, APPROVAL_RATE), (right, OBSERVED_EXPECTED)):
            measured = group.metrics[metric]
            colour = BAD if axes is left and group.approval_ratio < FOUR_FIFTHS else GOOD
            bars = [[measured.value - measured.low], [measured.high - measured.value]]
            axes.errorbar(measured.value, place, xerr=bars, fmt="o", color=colour, capsize=2, markersize=4)
    left.set_yticks(places, [f"{field}: {group.name} ({group.rows:,})" for field, group in names], fontsize=8)
    left.set_title("Approved")
    left.set_xlabel("red: below four fifths of the best group")
    percent_axis(left, "x")
    left.locator_params(axis="x", nbins=5)
    right.axvline(1, color=GREY, linewidth=1, linestyle="--")
    right.set_title("Defaults")
    right.set_xlabel("observed over expected")
    bare(left)
    bare(right)
    return drawing


def table(groups: Sequence[GroupMetrics]) -> ReportTable:
    """The table of one field's groups."""
    columns = ("group", "applicants", "defaulted", "approved", "to best", "AUC", "cost", "observed / expected")
    return ReportTable(columns, tuple(_row(group) for group in groups))


def below_four_fifths(groups: Mapping[str, Sequence[GroupMetrics]]) -> tuple[str, ...]:
    """A sentence for each group that is approved less than four fifths as often as the best of its field."""
    return tuple(
        f"{field} {group.name}: approved {group.approval_ratio:.2f} times as often as the best group "
        f"({group.rows:,} applicants)"
        for field, members in groups.items()
        for group in members
        if group.approval_ratio < FOUR_FIFTHS
    )


def _row(group: GroupMetrics) -> tuple[str, ...]:
    metrics = group.metrics
    return (
        group.name,
        f"{group.rows:,}",
        f"{1 - metrics[ACCURACY_APPROVE_ALL].value:.1%}",
        percent(metrics[APPROVAL_RATE]),
        f"{group.approval_ratio:.2f}",
        interval(metrics[AUC]) if AUC in metrics else "one class",
        f"{metrics[COST].value:.3f}",
        f"{metrics[OBSERVED_EXPECTED].value:.2f}",
    )
