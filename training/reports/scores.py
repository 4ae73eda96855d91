"""How the probabilities of good and bad clients lie."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from training.reports.picture import ACCENT, BAD, GOOD, canvas, percent_axis, styled

_BINS = 45


@styled
def figure(outcome: NDArray[np.bool_], probability: NDArray[np.float64], threshold: float) -> Figure:
    """Histograms of both classes, each of area 1, with the threshold."""
    drawing = canvas(3.4)
    axes = drawing.subplots()
    upper = max(float(np.quantile(probability, 0.995)), 2 * threshold)
    edges = np.linspace(0, min(upper, 1.0), _BINS + 1)
    for name, chosen, colour in (("repaid", ~outcome, GOOD), ("defaulted", outcome, BAD)):
        counts = np.histogram(np.minimum(probability[chosen], edges[-1]), edges)[0]
        shares = counts / max(counts.sum(), 1)
        axes.stairs(shares, edges, fill=True, color=colour, alpha=0.3)
        axes.stairs(shares, edges, color=colour, linewidth=1.4, label=f"{name} ({chosen.sum():,})")
    axes.axvline(threshold, color=ACCENT, linewidth=1.6, label=f"threshold {threshold:.4f}")
    axes.set(xlabel="probability of default", ylabel="share of the class", xlim=(0, edges[-1]))
    axes.set_title("Probabilities by outcome")
    percent_axis(axes, "x")
    percent_axis(axes, "y")
    axes.legend(loc="upper right")
    return drawing
