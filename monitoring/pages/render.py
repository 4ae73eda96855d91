"""Turns models of pages into HTML."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from monitoring.judging.drift import PSI_THAT_MATTERS
from monitoring.pages import figures
from monitoring.verdict import Cohort, Window

_MOST = 12
"""Most verdicts, and most cohorts, in the tables of the first page."""


def html(name: str, **model: Any) -> str:
    """A page by the name of its template; all values of the model are escaped."""
    return _environment.get_template(f"{name}.html").render(**model, now=time.time_ns() // 1000)


def _span(window: Window) -> str:
    return figures.span(window.since, window.until)


def _worse(cohort: Cohort) -> str:
    worse_by_name = {
        "log loss": cohort.log_loss_worse,
        "ranking": cohort.ranking_worse,
        "calibration": cohort.calibration_worse,
    }
    return ", ".join(name for name, worse in worse_by_name.items() if worse) or "nothing"


def _link(url: str | None) -> bool:
    """Whether a link is safe to follow; `javascript:` is an address too, but would run a script."""
    return url is not None and url.startswith(("http://", "https://"))


_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_environment.globals |= {"path": figures.path, "most": _MOST, "psi_that_matters": PSI_THAT_MATTERS}
_environment.filters |= {
    "change": figures.change,
    "decimal": figures.decimal,
    "link": _link,
    "machine_moment": figures.machine_moment,
    "moment": figures.moment,
    "percent": figures.percent,
    "plain": figures.plain,
    "share": figures.share,
    "span": _span,
    "whole": figures.whole,
    "worse": _worse,
}
