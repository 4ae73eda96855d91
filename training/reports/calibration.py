"""The reliability diagram: it shows, for example, if a probability of 10 % means one default in ten."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from training.measures.evaluation import ECE_BINS, JudgedRows, equal_mass
from training.reports.picture import GOOD, GREY, canvas, percent_axis, styled


@styled
def figure(judged: JudgedRows) -> Figure:
    """Observed default rate against the mean probability, in bins of equal numbers of applicants."""
    order = np.argsort(judged.probability, kind="stable")
    ascending, defaulted, weight = judged.probability[order], judged.outcome[order], judged.weight[order]
    starts = equal_mass(ascending, ECE_BINS)
    sizes, mass = np.diff(np.append(starts, ascending.size)), np.add.reduceat(weight, starts)
    predicted = np.add.reduceat(ascending * weight, starts) / mass
    observed = np.add.reduceat(defaulted * weight, starts) / mass
    low, high = wilson(observed, sizes)
    drawing = canvas(5.4)
    above, below = drawing.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    right, top = 1.12 * predicted.max(), 1.05 * max(predicted.max(), high.max())
    above.plot([0, top], [0, top], color=GREY, linewidth=1, linestyle="--", label="exact")
    bars = np.vstack([observed - low, high - observed])
    above.errorbar(predicted, observed, yerr=bars, fmt="o", color=GOOD, capsize=3, markersize=5, label="hold-out, 95 %")
    above.set(xlim=(0, right), ylim=(0, top), ylabel="observed default rate")
    above.set_title(f"Reliability in {sizes.size} bins of equal size")
    above.legend(loc="upper left")
    below.hist(ascending, bins=40, range=(0, right), weights=weight, color=GOOD, alpha=0.4)
    below.set(ylabel="applicants", xlabel="probability of default, as predicted")
    for axes, which in ((above, "x"), (above, "y")):
        percent_axis(axes, which)
    return drawing


def wilson(rate: NDArray[np.float64], size: NDArray[np.integer]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """95 % intervals of rates. Source: Wilson (1927), JASA 22."""
    z = 1.96
    middle = (rate + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z * np.sqrt(rate * (1 - rate) / size + z**2 / (4 * size**2)) / (1 + z**2 / size)
    return np.minimum(middle - half, rate), np.maximum(middle + half, rate)
