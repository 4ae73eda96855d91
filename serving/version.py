"""One version of the model, ready to answer: its bundle, its codec and the client history."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from copy import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np

from serving.protocol.answer import EXPLANATION
from serving.protocol.codec import Applications, Codec, Floats, Unknown
from serving.protocol.errors import Refused
from serving.protocol.tensors import Tensor
from serving.reasons import GivenReason, Reasons, find_reasons
from serving.records import HistoryStatus, Schema
from training.bundle import Bundle, BundleError, History, Manifest, Rows

logger = logging.getLogger(__name__)


class Scored(msgspec.Struct, frozen=True):
    """Applications with the model's answers; lists of n."""

    applications: Applications
    history: Floats
    """[n, h] The used values; NaN means missing."""
    statuses: list[HistoryStatus]
    probability: list[float]
    margin: list[float]
    decision: list[str]

    @property
    def rows(self) -> Rows:
        """The scored rows, in the form that a bundle takes."""
        return Rows(self.applications.numeric, self.applications.categorical, self.history)


class DecisionReasons(msgspec.Struct, frozen=True):
    """The reasons for one decision; `base` and all of `by_reason` sum to the margin, in log-odds of default."""

    base: float
    margin: float
    reasons: list[GivenReason]
    """At most four reasons against the applicant, strongest first; empty if the applicant is accepted."""
    by_reason: dict[str, float]


class Model:
    """A version. It is immutable, so requests in progress finish on the version on which they started."""

    def __init__(
        self, bundle: Bundle, name: str, version: str, history: History | None, *, unknown: Unknown, history_days: int
    ) -> None:
        self.manifest = manifest = bundle.manifest
        self.name = name or manifest.model
        self.version = version
        self.threshold = manifest.policy.threshold
        self.schema = Schema.of(manifest)
        self.history_date = history.as_of if history is not None else None
        self.bundle = bundle
        self._codec = Codec(manifest, unknown)
        self._trial = Codec(manifest, "warn")
        self._history = history
        self._keeps = timedelta(days=history_days)
        self._blank = _blank(1, len(manifest.history))

    def with_history(self, history: History | None) -> Model:
        """The same version with another client history."""
        other = copy(self)
        other._history, other.history_date = history, history.as_of if history is not None else None
        return other

    def score(self, tensors: Sequence[Tensor], trial: bool = False) -> Scored:
        """Score the applications in `tensors`; the caller records them. Raises Refused.

        A trial never refuses unknown values, because replay applications come from the hold-out and training did not
        see them.
        """
        applications = (self._trial if trial else self._codec).read(tensors)
        history, statuses = self._look_up(applications)
        scores = self.bundle.score(Rows(applications.numeric, applications.categorical, history))
        probability = scores.probability.tolist()
        policy = self.manifest.policy
        return Scored(
            applications=applications,
            history=history,
            statuses=statuses,
            probability=probability,
            margin=scores.margin.tolist(),
            decision=[policy.refuse if value >= policy.threshold else policy.accept for value in probability],
        )

    def explain(self, scored: Scored) -> list[str]:
        """The reasons for each decision: one DecisionReasons per row, as JSON.

        A booster takes some milliseconds per row. Raises Refused if a booster's contributions cannot be computed.
        """
        try:
            reasons = find_reasons(self.bundle, scored.rows)
        except ModuleNotFoundError as error:
            raise Refused(f"{EXPLANATION}: this predictor has no {error.name}, ask the explainer", "outputs") from error
        return [self._explanation(reasons, scored, row) for row in range(len(scored.probability))]

    def _explanation(self, reasons: Reasons, scored: Scored, row: int) -> str:
        refused = scored.decision[row] == self.manifest.policy.refuse
        explanation = DecisionReasons(
            reasons.base(row), scored.margin[row], reasons.against(row) if refused else [], reasons.by_reason(row)
        )
        return msgspec.json.encode(explanation).decode()

    def _look_up(self, applications: Applications) -> tuple[Floats, list[HistoryStatus]]:
        """The history [n, h] of the applications, and the status of each."""
        rows = len(applications)
        sent = applications.history
        if sent is not None:
            return sent, ["none" if np.isnan(row).all() else "found" for row in sent]
        clients = applications.clients
        values = self._blank if rows == 1 else _blank(rows, self._blank.shape[1])
        if clients is None:
            return values, ["not asked"] * rows
        history = self._history
        if history is None:
            return values, ["not asked" if client is None else "none" for client in clients]
        places = [-1 if client is None else history.find(client) for client in clients]
        if datetime.now(UTC).date() - history.as_of > self._keeps:
            return values, [_status(client, row, "stale") for client, row in zip(clients, places, strict=True)]
        if rows == 1 and places[0] >= 0:
            values = history.values[places[0] : places[0] + 1]
        elif max(places) >= 0:
            index = np.array(places)
            values = np.where((index >= 0)[:, None], history.values[index], np.float32(np.nan))
        return values, [_status(client, row, "found") for client, row in zip(clients, places, strict=True)]


def open_model(directory: Path, version: str, name: str, *, unknown: Unknown, history_days: int) -> Model:
    """Open a version in a folder of versions, or a folder that is one bundle, and check its replay applications.

    Raises BundleError if the bundle cannot be opened or its answers differ from training's. A missing client history is
    not an error: a warning is logged, and all clients are answered without history.
    """
    bundle = Bundle.open(path_of(directory, version))
    bundle.check_replay()
    return Model(
        bundle, name, version, open_history(directory, bundle.manifest), unknown=unknown, history_days=history_days
    )


def path_of(directory: Path, version: str) -> Path:
    """The folder of a version's bundle: `directory`/`version`, or `directory` if it is a bundle itself."""
    return directory if (directory / "bundle.json").exists() else directory / version


def open_history(directory: Path, manifest: Manifest) -> History | None:
    """The client history for a model's features, or None if it does not exist yet."""
    path = History.path_for(directory, manifest.history)
    if not manifest.history or path.exists():
        return History.open(path, manifest.history) if manifest.history else None
    logger.warning(
        "no client history %s: every client is answered as one without (make it with credence history)", path
    )
    return None


def versions(directory: Path) -> list[str]:
    """The versions in a folder of models, oldest first."""
    names = [path.parent.name for path in directory.glob("*/bundle.json") if path.parent.name.isdecimal()]
    return sorted(names, key=int)


def newest(directory: Path) -> str:
    """The highest version number. Raises BundleError if there is no version, or if `directory` is a bundle itself."""
    if (directory / "bundle.json").exists():
        raise BundleError(f"{directory} is one bundle: say which version it is (--version or CREDENCE_VERSION)")
    numbers = versions(directory)
    if not numbers:
        raise BundleError(f"{directory} holds no version: expected a folder like {directory / '1'} with a bundle.json")
    return numbers[-1]


def _blank(rows: int, width: int) -> Floats:
    return np.full((rows, width), np.nan, dtype=np.float32)


def _status(client: int | None, row: int, present: HistoryStatus) -> HistoryStatus:
    if client is None:
        return "not asked"
    return present if row >= 0 else "none"
