"""The contents of `bundle.json` as types. This module opens no file and runs no graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec
from msgspec.structs import force_setattr, replace

FORMAT = 2
"""The format this code reads and writes.

To change it: raise the number, describe the change in `docs/bundle.md`, and let promotion refuse older bundles until
they are trained again. The code reads only one format: it must not guess about a version that decides about people.
"""

MODEL = "credit-default"
"""The model whose versions are trained, registered and served."""

Population = Literal["everybody", "accepted", "accepted and explored"]
"""The applicants of the hold-out whose outcomes are known.

`everybody`: all of them. `accepted`: those that a live version accepted. `accepted and explored`: also a stated share
of those that it refused.
"""

Datatype = Literal["FP64", "INT64", "BYTES"]
"""A field's type, by its Open Inference Protocol name; BYTES is a category."""


class BundleError(Exception):
    """A bundle cannot be read or must not be served; the message names the file and the cause."""


class Field(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One field of a loan application, as a caller sends it."""

    name: str
    datatype: Datatype
    description: str
    unit: str | None = None
    """`days`, `currency`, `years`, `share` …; None if the number has no unit (a flag, a score)."""
    levels: tuple[str, ...] = ()
    """BYTES: the levels in the training data, most frequent first. Any other level counts as missing."""
    anomalies: tuple[float | str, ...] = ()
    """Values that mean missing (365243, `XNA`); the graph treats them as missing."""
    minimum: float | None = None
    maximum: float | None = None
    """Numbers: the range in the training data without anomalies; None if it had no value."""
    required: bool = False
    """Never missing in training and used by the model, so a null is refused instead of scored."""
    protected: bool = False
    """Recorded and used for fairness reports; an input of the model only if the run allowed it."""
    actionable: bool = False
    """A counterfactual may change it, because the applicant can ask for other terms."""


class Feature(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One column of the matrix that the model sees."""

    name: str
    made_from: tuple[str, ...]
    """The fields, or the single history feature, from which it is computed."""
    reason: str
    """Code of the reason to which it belongs."""
    levels: tuple[str, ...] = ()
    """Category: the levels of the codes 0, 1, …; empty for a number."""


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """A group of features that a letter to an applicant can name."""

    code: str
    french: str
    english: str


@dataclass(frozen=True)
class Costs:
    """The costs of a wrong decision; in units of one refused good client if `fp` is 1."""

    fn: float = 10.0
    """Cost of an accepted client who defaults."""
    fp: float = 1.0
    """Cost of a refused good client."""

    @property
    def threshold(self) -> float:
        """The threshold with the lowest cost if the probabilities are exact."""
        return self.fp / (self.fp + self.fn)


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The costs of a wrong decision and the threshold found with them; in units of one refused good client."""

    cost_fn: float
    cost_fp: float
    threshold: float
    """Refuse if and only if probability >= threshold."""
    threshold_low: float
    threshold_high: float
    accept: str = "accepte"
    refuse: str = "refuse"
    auc_alarm: float = 0.82
    """A hold-out AUC above this is implausible for such data; a person must then approve promotion."""

    @property
    def costs(self) -> Costs:
        """Both costs as one value."""
        return Costs(self.cost_fn, self.cost_fp)


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """Platt scaling: probability = 1 / (1 + exp(-(slope * margin + intercept)))."""

    slope: float
    intercept: float


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A figure with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The whole content of `bundle.json`."""

    format: int
    model: str
    family: str
    """Name of the candidate family that won: `constant`, `logistic`, `lightgbm` …"""
    fields: tuple[Field, ...]
    """Application fields in the order of the graph's tensors; without `SK_ID_CURR`."""
    history: tuple[str, ...]
    """History features in the order of the graph's third tensor."""
    features: tuple[Feature, ...]
    """Columns of the model's matrix, in order."""
    reasons: tuple[Reason, ...]
    policy: Policy
    calibration: Calibration
    metrics: dict[str, Interval]
    """Hold-out metrics; keys as in `training.measures.evaluation`."""
    allowed: tuple[str, ...]
    """Protected fields that this run allowed as inputs."""
    alarms: tuple[str, ...]
    """Sentences; if there are any, a person must approve promotion."""
    population: Population = "everybody"
    """The applicants whose outcomes the metrics are computed from."""
    fingerprint: str
    """SHA-256 of the raw tables, table by table."""
    cohorts: tuple[str, ...] = ()
    """Closed cohorts of live applications that were learned from besides the raw tables, oldest first."""
    recent_fingerprint: str | None = None
    """SHA-256 of the labelled applications of these cohorts; None without cohorts."""
    parent: str | None = None
    """The version whose model was recalibrated on the cohorts; None if the model was trained."""
    seed: int
    libraries: dict[str, str]

    def __post_init__(self) -> None:
        """Clear `required` for fields that the model does not use; bundles of older releases still set it."""
        used = {name for feature in self.features for name in feature.made_from}
        fields = (replace(field, required=field.required and field.name in used) for field in self.fields)
        force_setattr(self, "fields", tuple(fields))

    @property
    def numeric(self) -> tuple[Field, ...]:
        """Fields of the graph's first tensor, in order."""
        return tuple(field for field in self.fields if field.datatype != "BYTES")

    @property
    def categorical(self) -> tuple[Field, ...]:
        """Fields of the graph's second tensor, in order."""
        return tuple(field for field in self.fields if field.datatype == "BYTES")


class _Stamp(msgspec.Struct):
    format: int


def encode(manifest: Manifest) -> bytes:
    """Encode a manifest as the bytes of `bundle.json`: indented; equal manifests give equal bytes."""
    return msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=1) + b"\n"


def decode(content: bytes) -> Manifest:
    """Decode the bytes of `bundle.json`.

    Raises BundleError if the format is not FORMAT (the message names both), or if the content does not fit it.
    """
    try:
        stamp = msgspec.json.decode(content, type=_Stamp)
    except msgspec.DecodeError as error:
        raise BundleError(f"bundle.json is not a bundle's description: {error}") from error
    if stamp.format != FORMAT:
        raise BundleError(
            f"bundle.json has format {stamp.format}, this Credence reads format {FORMAT}: "
            "train the model again or use the Credence that wrote it"
        )
    try:
        return msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as error:
        raise BundleError(f"bundle.json does not fit format {FORMAT}: {error}") from error
