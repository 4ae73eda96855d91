"""One version's explanations: applications in, an answer for each out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET, UnsetType

from serving.explainer.counterfactual import Counterfactual, Searcher
from serving.explainer.request import Wanted
from serving.protocol.tensors import Tensor
from serving.reasons import ReasonPart, Reasons, find_reasons
from serving.version import Model, Scored, newest, open_history, open_model
from training.bundle import Bundle, History

if TYPE_CHECKING:
    from serving.explainer.anchor import Anchor, Anchors
    from serving.explainer.settings import ExplainerSettings

logger = logging.getLogger(__name__)

ANCHOR_SECONDS = 10.0
"""Longest search for an anchor; the answer then goes without one and says so."""


PRECISION = 0.95
"""Share of like applications that an anchor must decide alike."""


class Why(msgspec.Struct, frozen=True):
    """A reason that speaks against the applicant, with the features behind it."""

    code: str
    french: str
    english: str
    contribution: float
    features: list[ReasonPart]


class Explanation(msgspec.Struct, frozen=True):
    """The answer for one application; `base` with all of `by_reason`, or of `contributions`, is the margin."""

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
    """Both only where they were asked for; None if there is none, and `notes` say why."""
    notes: dict[str, str] | UnsetType = UNSET


class Explainer:
    """Explains as `model` decides."""

    def __init__(self, model: Model, anchors: Anchors | None, directory: Path) -> None:
        self.model = model
        self._anchors = anchors
        self._searcher = Searcher(model.bundle)
        self._directory = directory
        self._history_file = self._find_history()

    def explain(self, tensors: Sequence[Tensor], wanted: Wanted) -> list[Explanation]:
        """An answer for each application; takes milliseconds to seconds. Raises Refused."""
        self._keep_up()
        scored = self.model.score(tensors)
        reasons = find_reasons(self.model.bundle, scored.rows)
        return [self._explain(scored, reasons, row, wanted) for row in range(len(scored.probability))]

    def _keep_up(self) -> None:
        """Take a client history that was made anew: reasons must be those of the decision. Raises BundleError."""
        found = self._find_history()
        if found != self._history_file:
            self.model = self.model.with_history(open_history(self._directory, self.model.manifest))
            self._history_file = found

    def _find_history(self) -> tuple[int, int] | None:
        """What tells one client history from the next; None where there is none."""
        path = History.path_for(self._directory, self.model.manifest.history)
        try:
            found = path.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns

    def _explain(self, scored: Scored, reasons: Reasons, row: int, wanted: Wanted) -> Explanation:
        model = self.model
        notes: dict[str, str] = {}
        anchor = self._anchor(scored, reasons, row, notes) if wanted.anchor else UNSET
        counterfactual = self._counterfactual(scored, row, notes) if wanted.counterfactual else UNSET
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
                Why(told.code, told.french, told.english, told.contribution, reasons.parts(row, told.code))
                for told in reasons.against(row)
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
            found = self._anchors.find(scored.rows.take(slice(row, row + 1)), reasons, row, PRECISION, ANCHOR_SECONDS)
        except TimeoutError:
            notes["anchor"] = f"No rule was found within {ANCHOR_SECONDS:g} s."
            return None
        if found.precision < PRECISION:
            notes["anchor"] = f"No rule settles {PRECISION:.0%} of the decisions; this one comes nearest."
        return found

    def _counterfactual(self, scored: Scored, row: int, notes: dict[str, str]) -> Counterfactual | None:
        if scored.decision[row] != self.model.manifest.policy.refuse:
            notes["counterfactual"] = "The application is accepted as it is."
            return None
        found = self._searcher.search(scored.rows.take(slice(row, row + 1)))
        if found is None:
            notes["counterfactual"] = "No other terms among those that training saw would be accepted."
        return found


def open_explainer(settings: ExplainerSettings) -> Explainer:
    """Open the version to explain as the predictor does, replayed and with its clients' history.

    Raises BundleError.
    """
    version = settings.version or newest(settings.models)
    model = open_model(
        settings.models, version, settings.model_name, unknown=settings.unknown, history_days=settings.history_days
    )
    explainer = Explainer(model, _anchors(model.bundle), settings.models)
    # what the first caller would wait for: a booster and its library
    find_reasons(model.bundle, model.bundle.background().take(slice(0, 1)))
    return explainer


def _anchors(bundle: Bundle) -> Anchors | None:
    try:
        from serving.explainer.anchor import Anchors
    except ModuleNotFoundError as error:
        logger.warning("no anchors: %s is not installed here", error.name)
        return None
    return Anchors(bundle)
