"""The cost and the approval rate of each threshold."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from training.bundle.manifest import Policy
from training.measures.evaluation import JudgedRows
from training.measures.policy import cost, cost_curve
from training.reports.picture import ACCENT, BAD, GOOD, GREY, canvas, percent_axis, styled


@styled
def figure(policy: Policy, validation: JudgedRows, hold_out: JudgedRows) -> Figure:
    """Cost and approval rate by threshold, with the chosen threshold, its interval and the theoretical threshold.

    The threshold was found on the validation data.
    """
    drawing = canvas(5.4)
    above, below = drawing.subplots(2, 1, sharex=True, height_ratios=[2.2, 1])
    lowest: list[float] = []
    for name, judged, colour, width in (("validation", validation, GOOD, 2.0), ("hold-out", hold_out, GREY, 1.2)):
        curve = cost_curve(judged.probability, judged.outcome, policy.costs, weight=judged.weight)
        lowest.append(float(curve.cost.min()))
        above.step(curve.cut, curve.cost, where="mid", color=colour, linewidth=width, label=name)
        order = np.argsort(judged.probability)
        approved = np.cumsum(judged.weight[order]) / judged.weight.sum()
        below.step(judged.probability[order], approved, color=colour, linewidth=width)

    def paid(refused: NDArray[np.bool_]) -> float:
        return cost(validation.outcome, refused, policy.costs, validation.weight)

    everybody = paid(np.zeros_like(validation.outcome))
    above.axhline(everybody, color=BAD, linewidth=1, linestyle=":", label=f"approve all: {everybody:.3f}")
    theoretical = policy.costs.threshold
    for axes in (above, below):
        axes.axvspan(policy.threshold_low, policy.threshold_high, color=ACCENT, alpha=0.13, linewidth=0)
        axes.axvline(policy.threshold, color=ACCENT, linewidth=1.6)
    at = paid(validation.probability >= theoretical)
    above.plot(theoretical, at, "D", color=BAD, markersize=6, label=f"theoretical: {theoretical:.4f}")
    above.plot([], [], color=ACCENT, linewidth=1.6, label=f"chosen: {policy.threshold:.4f}, 95 % interval")
    bottom = min(lowest)
    height = max(everybody - bottom, 0.2 * bottom, 1e-3)
    above.set_ylim(bottom - 0.15 * height, bottom + 1.25 * height)
    above.set_xlim(0, min(1.0, max(3.5 * policy.threshold, 1.2 * policy.threshold_high)))
    above.set_title("Cost per applicant")
    above.legend(loc="lower right")
    below.set_title("Approved")
    below.set_xlabel("refuse from this probability of default on")
    percent_axis(below, "y")
    return drawing
