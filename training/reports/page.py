"""The report page: the card with its pictures and the main figures, as one HTML text."""

from __future__ import annotations

from base64 import b64encode

from jinja2 import Environment, StrictUndefined

from training.bundle.manifest import Interval
from training.measures import evaluation
from training.reports.document import Document
from training.reports.results import Results
from training.reports.template import PAGE

_environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
_environment.filters["base64"] = lambda content: b64encode(content).decode("ascii")
_page = _environment.from_string(PAGE)


def html(document: Document, results: Results) -> str:
    """The page; it needs no other file and no network."""
    return _page.render(document=document, tiles=_tiles(results), alarms=results.alarms)


def _tiles(results: Results) -> list[tuple[str, str, str]]:
    """Name, figure and note of each tile at the top."""
    metrics, policy = results.metrics, results.policy
    cost, approved = metrics[evaluation.COST], metrics[evaluation.APPROVAL_RATE]
    everybody = policy.cost_fn * (1 - metrics[evaluation.ACCURACY_APPROVE_ALL].value)
    return [
        ("AUC", f"{metrics[evaluation.AUC].value:.3f}", _range(metrics[evaluation.AUC])),
        ("Cost per applicant", f"{cost.value:.3f}", f"{_range(cost)}; approving all {everybody:.3f}"),
        ("Threshold", f"{policy.threshold:.4f}", f"{policy.threshold_low:.4f} to {policy.threshold_high:.4f}"),
        ("Approved", f"{approved.value:.1%}", f"{approved.low:.1%} to {approved.high:.1%}"),
        ("Calibration error", f"{metrics[evaluation.ECE].value:.4f}", _range(metrics[evaluation.ECE], 4)),
    ]


def _range(interval: Interval, digits: int = 3) -> str:
    return f"{interval.low:.{digits}f} to {interval.high:.{digits}f}"
