"""The style of the pictures, and PNG output; the same figure gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import Any, ParamSpec

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

GOOD = "#2b6a99"
BAD = "#c4512d"
ACCENT = "#2d7d5a"
GREY = "#8a929b"
PALE = "#dfe4e8"
INK = "#22303c"

_WIDTH = 8.0  # inches
_DPI = 144
_STYLE: Any = {  # matplotlib types each key separately
    "axes.axisbelow": True,
    "axes.edgecolor": GREY,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",  # comes with matplotlib, so letters are the same everywhere
    "font.size": 9,
    "grid.color": PALE,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}

_Arguments = ParamSpec("_Arguments")


def styled(draw: Callable[_Arguments, Figure]) -> Callable[_Arguments, Figure]:
    """Draw in the common style without a change to matplotlib's global settings."""

    @wraps(draw)
    def drawn(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> Figure:
        with matplotlib.rc_context(_STYLE):
            return draw(*args, **kwargs)

    return drawn


def canvas(height: float) -> Figure:
    """An empty figure of the page's width; `height` in inches."""
    return Figure(figsize=(_WIDTH, height), layout="constrained")


def png(figure: Figure) -> bytes:
    """The figure as PNG, without the date and the version that matplotlib would add."""
    buffer = BytesIO()
    with matplotlib.rc_context(_STYLE):
        figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    return buffer.getvalue()


def percent_axis(axes: Axes, which: str) -> None:
    """Tick labels in percent on axis `x` or `y`."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(lambda value, _: f"{100 * value:g} %")


def bare(axes: Axes) -> None:
    """Remove the lines that a bar chart with names does not need."""
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
