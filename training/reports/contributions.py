"""Contributions to the probability: the strongest features and reasons, with their direction and values.

Contributions are exact SHAP values in log-odds. With the base value they sum to the margin. The contribution of a
reason is the sum over its features, as in the answers to applicants.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from training.bundle.manifest import Feature, Reason
from training.reports.picture import GOOD, GREY, bare, canvas, styled

_TOP = 18
_POINTS = 800
_PANELS = 8
_MOST_LEVELS = 7
_MISSING = "missing"


@styled
def by_feature(
    contributions: NDArray[np.floating], matrix: NDArray[np.floating], features: Sequence[Feature]
) -> Figure:
    """One point per applicant for each of the strongest features, coloured by the feature's value, grey if missing."""
    strength = np.abs(contributions).mean(axis=0)
    top = np.argsort(-strength, kind="stable")[:_TOP]
    rows = np.unique(np.linspace(0, len(contributions) - 1, _POINTS).astype(int))
    drawing = canvas(1.0 + 0.32 * len(top))
    axes = drawing.subplots()
    for place, column in enumerate(top):
        _swarm(axes, -place, contributions[rows, column], matrix[rows, column])
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set_yticks(-np.arange(len(top)), [features[column].name for column in top])
    axes.set_xlabel("contribution to the log-odds of default (blue: low value, red: high, grey: missing)")
    axes.set_title(f"The {len(top)} strongest of {len(features)} features")
    bare(axes)
    return drawing


@styled
def by_reason(contributions: NDArray[np.floating], features: Sequence[Feature], reasons: Sequence[Reason]) -> Figure:
    """Mean absolute contribution of each reason."""
    strength = reason_strength(contributions, features)
    names = {reason.code: reason.english for reason in reasons}
    ordered = sorted(strength, key=lambda code: (-strength[code], code))[:_TOP]
    drawing = canvas(0.9 + 0.27 * len(ordered))
    axes = drawing.subplots()
    axes.barh(-np.arange(len(ordered)), [strength[code] for code in ordered], color=GOOD, height=0.65)
    axes.set_yticks(-np.arange(len(ordered)), [names.get(code, code) for code in ordered])
    axes.set_xlabel("mean absolute contribution to the log-odds of default")
    axes.set_title("Strength of each reason")
    bare(axes)
    return drawing


@styled
def by_value(contributions: NDArray[np.floating], matrix: NDArray[np.floating], features: Sequence[Feature]) -> Figure:
    """One panel for each of the strongest features [n, m]; missing values are grey at the right edge."""
    strength = np.abs(contributions).mean(axis=0)
    top = np.argsort(-strength, kind="stable")[:_PANELS]
    tall = -(-len(top) // 2)
    drawing = canvas(0.6 + 1.75 * tall)
    grid = drawing.subplots(tall, 2, squeeze=False).ravel()
    for axes, column in zip(grid, top, strict=False):
        _panel(axes, contributions[:, column], matrix[:, column], features[column])
    for axes in grid[len(top) :]:
        axes.set_visible(False)
    drawing.supylabel("contribution to the log-odds of default", fontsize=9)
    return drawing


def reason_strength(contributions: NDArray[np.floating], features: Sequence[Feature]) -> dict[str, float]:
    """Mean absolute contribution by the code of the reason."""
    codes = np.array([feature.reason for feature in features])
    return {str(code): float(np.abs(contributions[:, codes == code].sum(axis=1)).mean()) for code in np.unique(codes)}


def _swarm(axes: Axes, place: float, contribution: NDArray[np.floating], value: NDArray[np.floating]) -> None:
    """Draw the points of one feature; dense points are spread up and down."""
    edges = np.linspace(contribution.min(), contribution.max() + 1e-9, 61)
    bins = np.clip(np.searchsorted(edges, contribution, side="right") - 1, 0, 59)
    order = np.argsort(bins, kind="stable")
    starts = np.searchsorted(bins[order], np.arange(60))
    within = np.empty(bins.size)
    within[order] = np.arange(bins.size) - starts[bins[order]]
    crowd = np.bincount(bins, minlength=60)
    # Points alternate above and below the middle and stay inside the row's height.
    offset = np.where(within % 2 == 0, 1, -1) * np.ceil(within / 2) / max(crowd.max(), 12) * 0.8
    present = np.isfinite(value)
    axes.scatter(contribution[~present], place + offset[~present], s=5, color=GREY, alpha=0.5, linewidths=0)
    colours = colormaps["coolwarm"](_ranks(value[present]))
    axes.scatter(contribution[present], place + offset[present], s=5, color=colours, linewidths=0)


def _ranks(value: NDArray[np.floating]) -> NDArray[np.float64]:
    """The rank of each value among the distinct values, 0 to 1, so that colours do not depend on outliers."""
    distinct, place = np.unique(value, return_inverse=True)
    return np.asarray(place / max(distinct.size - 1, 1))


def _panel(axes: Axes, contribution: NDArray[np.floating], value: NDArray[np.floating], feature: Feature) -> None:
    present = np.isfinite(value)
    places, aside = _levels(axes, value, feature.levels) if feature.levels else _numbers(axes, value)
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.scatter(places[present], contribution[present], s=5, color=GOOD, alpha=0.5, linewidths=0)
    # Missing points have the same value but different contributions, so they are spread evenly.
    spread = aside + np.linspace(-0.6, 0.6, int((~present).sum())) * (axes.get_xlim()[1] - aside)
    axes.scatter(spread, contribution[~present], s=5, color=GREY, alpha=0.5, linewidths=0)
    axes.set_title(feature.name)


def _numbers(axes: Axes, value: NDArray[np.floating]) -> tuple[NDArray[np.floating], float]:
    """The position of each value, and the position for missing; the outermost hundredths are moved to the edge."""
    present = value[np.isfinite(value)]
    low, high = np.quantile(present, (0.01, 0.99)) if present.size else (0.0, 1.0)
    span, absent = (high - low) or 1.0, present.size < value.size
    ticks = [tick for tick in MaxNLocator(4).tick_values(low, high) if low <= tick <= high]
    names = [f"{tick:,.6g}" for tick in ticks]
    aside = float(high + 0.14 * span)
    axes.set_xticks([*ticks, aside] if absent else ticks, [*names, _MISSING] if absent else names)
    axes.set_xlim(low - 0.04 * span, high + (0.22 if absent else 0.04) * span)
    return np.clip(value, low, high), aside


def _levels(axes: Axes, value: NDArray[np.floating], levels: Sequence[str]) -> tuple[NDArray[np.floating], float]:
    """The same for codes of levels; the most frequent levels have names, the others share one position."""
    codes = np.nan_to_num(value, nan=0).astype(int)
    counts = np.bincount(codes[np.isfinite(value)], minlength=len(levels))
    shown = np.argsort(-counts, kind="stable")[: min(_MOST_LEVELS, np.count_nonzero(counts))]
    place = np.full(max(len(levels), codes.max(initial=0) + 1), len(shown))
    place[shown] = np.arange(len(shown))
    names = [_short(levels[code]) for code in shown]
    names += ["others"] if np.count_nonzero(counts) > len(shown) else []
    aside = len(names)
    names += [_MISSING] if np.isnan(value).any() else []
    axes.set_xticks(range(len(names)), names, fontsize=6.5, rotation=20, ha="right")
    axes.set_xlim(-0.6, len(names) - 0.4)
    jitter = 0.5 * (np.arange(len(value)) * 0.618 % 1 - 0.5)
    return place[codes] + jitter, float(aside)


def _short(name: str) -> str:
    return name if len(name) <= 16 else name[:15] + "…"
