"""The explanations of one version, one for each application."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET, UnsetType

from serving.explainer.counterfactual import Counterfactual, Searcher
from serving.explainer.request import Extras
from serving.protocol.tensors import Tensor
from serving.reasons import ReasonPart, Reasons, find_reasons
from serving.version import Model, Scored, newest, open_history, open_model
from training.bundle import Bundle, History

if TYPE_CHECKING:
    from serving.explainer.anchor import Anchor, Anchors
    from serving.explainer.settings import ExplainerSettings

logger = logging.getLogger(__name__)

ANCHOR_SECONDS = 10.0
"""Time limit of the search for an anchor; after it, the answer has a note instead of an anchor."""

PRECISION = 0.95
"""The share of decisions that must stay the same while an anchor holds."""


class Why(msgspec.Struct, frozen=True):
    """A reason against the applicant, with its strongest features."""

    code: str
    french: str
    english: str
    contribution: float
    features: list[ReasonPart]


class Explanation(msgspec.Struct, frozen=True):
    """The answer for one application; `base` plus all of `by_reason`, or of `contributions`, is the margin."""

    model: str
    version: str
    probability: float
    threshold: float
    decision: str
    history: str
    warnings: tuple[str, ...]
    base: float
    margin: float
    reasons: list[Why]
    """At most four, strongest first."""
    by_reason: dict[str, float]
    contributions: dict[str, float]
    """By feature."""
    anchor: Anchor | UnsetType | None = UNSET
    counterfactual: Counterfactual | UnsetType | None = UNSET
    """`anchor` and `counterfactual` are set only on request; None if nothing was found, and `notes` say why."""
    notes: dict[str, str] | UnsetType = UNSET


class Explainer:
    """Explains the decisions of `model`."""

    def __init__(self, model: Model, anchors: Anchors | None, directory: Path) -> None:
        self.model = model
        self._anchors = anchors
        self._searcher = Searcher(model.bundle)
        self._directory = directory
        self._history_file = self._find_history()

    def explain(self, tensors: Sequence[Tensor], extras: Extras) -> list[Explanation]:
        """An explanation for each application; it takes milliseconds to seconds. Raises Refused."""
        self._keep_up()
        scored = self.model.score(tensors)
        reasons = find_reasons(self.model.bundle, scored.rows)
        return [self._explain(scored, reasons, row, extras) for row in range(len(scored.probability))]

    def _keep_up(self) -> None:
        """Open the client history again if its file changed, so that reasons match decisions. Raises BundleError."""
        file = self._find_history()
        if file != self._history_file:
            self.model = self.model.with_history(open_history(self._directory, self.model.manifest))
            self._history_file = file

    def _find_history(self) -> tuple[int, int] | None:
        """Inode and modification time of the client history file, which identify it; None if it does not exist."""
        path = History.path_for(self._directory, self.model.manifest.history)
        try:
            status = path.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns

    def _explain(self, scored: Scored, reasons: Reasons, row: int, extras: Extras) -> Explanation:
        model = self.model
        notes: dict[str, str] = {}
        anchor = self._anchor(scored, reasons, row, notes) if extras.anchor else UNSET
        counterfactual = self._counterfactual(scored, row, notes) if extras.counterfactual else UNSET
        return Explanation(
            model=model.name,
            version=model.version,
            probability=scored.probability[row],
            threshold=model.threshold,
            decision=scored.decision[row],
            history=scored.statuses[row],
            warnings=scored.applications.warnings.get(row, ()),
            base=reasons.base(row),
            margin=scored.margin[row],
            reasons=[
                Why(reason.code, reason.french, reason.english, reason.contribution, reasons.parts(row, reason.code))
                for reason in reasons.against(row)
            ],
            by_reason=reasons.by_reason(row),
            contributions=reasons.by_feature(row),
            anchor=anchor,
            counterfactual=counterfactual,
            notes=notes or UNSET,
        )

    def _anchor(self, scored: Scored, reasons: Reasons, row: int, notes: dict[str, str]) -> Anchor | None:
        if self._anchors is None:
            notes["anchor"] = "Anchors need Alibi, which is not installed here."
            return None
        try:
            anchor = self._anchors.find(scored.rows.take(slice(row, row + 1)), reasons, row, PRECISION, ANCHOR_SECONDS)
        except TimeoutError:
            notes["anchor"] = f"No rule was found within {ANCHOR_SECONDS:g} s."
            return None
        if anchor.precision < PRECISION:
            notes["anchor"] = f"No rule settles {PRECISION:.0%} of the decisions; this one comes nearest."
        return anchor

    def _counterfactual(self, scored: Scored, row: int, notes: dict[str, str]) -> Counterfactual | None:
        if scored.decision[row] != self.model.manifest.policy.refuse:
            notes["counterfactual"] = "The application is accepted as it is."
            return None
        counterfactual = self._searcher.search(scored.rows.take(slice(row, row + 1)))
        if counterfactual is None:
            notes["counterfactual"] = "No other terms among those that training saw would be accepted."
        return counterfactual


def open_explainer(settings: ExplainerSettings) -> Explainer:
    """Open the version to explain as the predictor does: with its replay check and the client history.

    Raises BundleError.
    """
    version = settings.version or newest(settings.models)
    model = open_model(
        settings.models, version, settings.model_name, unknown=settings.unknown, history_days=settings.history_days
    )
    explainer = Explainer(model, _anchors(model.bundle), settings.models)
    # Load the booster and its library now, so that the first caller need not wait for them.
    find_reasons(model.bundle, model.bundle.background().take(slice(0, 1)))
    return explainer


def _anchors(bundle: Bundle) -> Anchors | None:
    try:
        from serving.explainer.anchor import Anchors
    except ModuleNotFoundError as error:
        logger.warning("no anchors: %s is not installed here", error.name)
        return None
    return Anchors(bundle)
