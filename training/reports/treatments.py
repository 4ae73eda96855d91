"""The comparison of imbalance treatments: class weights and resampling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from training.reports.picture import BAD, GOOD, bare, canvas, styled
from training.reports.table import ReportTable, interval
from training.selection.imbalance import NONE, TreatmentRow


@styled
def figure(rows: Sequence[TreatmentRow]) -> Figure:
    """Cost and calibration error of each treatment, without and with calibration."""
    names = list(dict.fromkeys(row.treatment for row in rows))
    drawing = canvas(0.9 + 0.5 * len(names))
    axes = drawing.subplots(1, 3, sharey=True)
    panels = ("Cost, best threshold", "Cost, theoretical threshold", "Expected calibration error")
    for panel, title, figures in zip(axes, panels, ("cost", "cost_theoretical", "ece"), strict=True):
        for row in rows:
            place = -names.index(row.treatment) + (-0.14 if row.calibrated else 0.14)
            measured = getattr(row, figures)
            bars = np.array([[measured.value - measured.low], [measured.high - measured.value]])
            colour = GOOD if row.calibrated else BAD
            panel.errorbar(measured.value, place, xerr=bars, fmt="o", color=colour, capsize=2, markersize=4)
        panel.set_title(title)
        bare(panel)
    axes[0].set_yticks(-np.arange(len(names)), names)
    for colour, name in ((BAD, "as it comes"), (GOOD, "calibrated")):
        axes[2].plot([], [], "o", color=colour, markersize=4, label=name)
    axes[2].legend(loc="best")
    return drawing


def table(rows: Sequence[TreatmentRow]) -> ReportTable:
    """All rows of the comparison; the treatment of this run's model is highlighted."""
    columns = ("treatment", "cost", "cost at theoretical", "AUC", "log loss", "ECE", "threshold")
    cells = tuple(
        (
            f"{row.treatment}, calibrated" if row.calibrated else row.treatment,
            interval(row.cost),
            interval(row.cost_theoretical),
            f"{row.auc.value:.3f}",
            f"{row.log_loss.value:.4f}",
            f"{row.ece.value:.4f}",
            f"{row.threshold:.3f}",
        )
        for row in rows
    )
    used = [number for number, row in enumerate(rows) if row.treatment == NONE and row.calibrated]
    return ReportTable(columns, cells, used[0] if used else None)
