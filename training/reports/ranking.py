"""The quality of the ranking: ROC and precision-recall curves."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

from training.bundle.manifest import Interval
from training.measures.evaluation import JudgedRows
from training.reports.picture import ACCENT, GOOD, GREY, canvas, percent_axis, styled


@styled
def figure(judged: JudgedRows, threshold: float, auc: Interval, average_precision: Interval) -> Figure:
    """Both curves, with the point of the threshold."""
    outcome, probability, weight = judged.outcome, judged.probability, judged.weight
    false, true, _ = roc_curve(outcome, probability, sample_weight=weight)
    precision, recall, _ = precision_recall_curve(outcome, probability, sample_weight=weight)
    precision, recall = precision[recall > 0], recall[recall > 0]
    refused = probability >= threshold
    caught = np.average(refused[outcome], weights=weight[outcome])
    lost = np.average(refused[~outcome], weights=weight[~outcome])
    drawing = canvas(4.0)
    left, right = drawing.subplots(1, 2)
    left.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--")
    left.plot(false, true, color=GOOD, linewidth=1.8)
    left.plot(lost, caught, "o", color=ACCENT, label="at the threshold")
    left.set(xlabel="good clients refused", ylabel="defaults refused", title=f"ROC, AUC {auc.value:.3f}")
    left.legend(loc="lower right")
    right.axhline(np.average(outcome, weights=weight), color=GREY, linewidth=1, linestyle="--", label="chance")
    right.step(recall, precision, where="post", color=GOOD, linewidth=1.8)
    if refused.any():
        right.plot(
            caught, np.average(outcome[refused], weights=weight[refused]), "o", color=ACCENT, label="at the threshold"
        )
    right.set(xlabel="defaults refused", ylabel="defaults among the refused", ylim=(0, _headroom(precision, recall)))
    right.set_title(f"Precision and recall, average {average_precision.value:.3f}")
    right.legend(loc="upper right")
    for axes in (left, right):
        percent_axis(axes, "x")
        percent_axis(axes, "y")
    return drawing


def _headroom(precision: NDArray[np.float64], recall: NDArray[np.float64]) -> float:
    """The upper axis limit: the highest precision after the first few defaults, among which it varies widely."""
    return float(min(1.0, 1.3 * precision[recall >= 0.02].max()))
