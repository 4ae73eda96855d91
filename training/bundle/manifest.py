"""What `bundle.json` says: the words of the format, without any file or graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec
from msgspec.structs import force_setattr, replace

FORMAT = 2
"""The format this code reads and writes.

To bump it: raise the number, describe the change in `docs/bundle.md`, and let promotion refuse older bundles until they
are trained again. There is no reader for two formats at once: a version that decides about people is not guessed at.
"""

MODEL = "credit-default"
"""The model whose versions are trained, registered and served."""

Population = Literal["everybody", "accepted", "accepted and explored"]
"""Whose outcomes the hold-out holds: all its applicants', or a live version's accepted ones', or also those of a stated
share of the applicants it refused."""

Datatype = Literal["FP64", "INT64", "BYTES"]
"""A field's type, by its Open Inference Protocol name; BYTES is a category."""


class BundleError(Exception):
    """A bundle that cannot be read or must not be served; the message names the file and the cause."""


class Field(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One field of a loan application, as a caller sends it."""

    name: str
    datatype: Datatype
    description: str
    unit: str | None = None
    """`days`, `currency`, `years`, `share` …; None where the number has none (a flag, a score)."""
    levels: tuple[str, ...] = ()
    """BYTES: the levels that training saw, most frequent first. Any other is read as missing."""
    anomalies: tuple[float | str, ...] = ()
    """Values that stand for missing (365243, `XNA`); the graph reads them so."""
    minimum: float | None = None
    maximum: float | None = None
    """Numbers: the range that training saw, anomalies left out; None where it saw no value."""
    required: bool = False
    """Never missing in training and used by the model: null is refused, not scored as something that it is not."""
    protected: bool = False
    """Recorded and used for fairness reports; an input of the model only if the run allowed it."""
    actionable: bool = False
    """A counterfactual may change it: the applicant could ask for other terms."""


class Feature(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One column of the matrix that the model sees."""

    name: str
    made_from: tuple[str, ...]
    """The fields, or the one history feature, that it is computed from."""
    reason: str
    """Code of the one reason it belongs to."""
    levels: tuple[str, ...] = ()
    """A category: the levels behind its codes 0, 1, …; empty for a number."""


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """A group of features that a letter to an applicant can name."""

    code: str
    french: str
    english: str


@dataclass(frozen=True)
class Costs:
    """What a wrong decision costs; in units of one refused good client if `fp` is 1."""

    fn: float = 10.0
    """Of a default that was accepted."""
    fp: float = 1.0
    """Of a good client that was refused."""

    @property
    def threshold(self) -> float:
        """The probability from which refusing costs least if the probabilities are exact."""
        return self.fp / (self.fp + self.fn)


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What a wrong decision costs, and the threshold that follows; costs in units of one refused good client."""

    cost_fn: float
    cost_fp: float
    threshold: float
    """Refuse if and only if probability >= threshold."""
    threshold_low: float
    threshold_high: float
    accept: str = "accepte"
    refuse: str = "refuse"
    auc_alarm: float = 0.82
    """A hold-out AUC above this is implausible for such data; promotion then needs a person."""

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
    """`bundle.json`, whole."""

    format: int
    model: str
    family: str
    """Name of the candidate family that won: `constant`, `logistic`, `lightgbm` …"""
    fields: tuple[Field, ...]
    """Application fields in the order of the graph's tensors; `SK_ID_CURR` is not among them."""
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
    """Protected fields that this run admitted as inputs."""
    alarms: tuple[str, ...]
    """Sentences; with any, promotion needs a person."""
    population: Population = "everybody"
    """Whose outcomes the metrics are made of."""
    fingerprint: str
    """SHA-256 of the raw tables, table by table."""
    cohorts: tuple[str, ...] = ()
    """Closed cohorts of live applications that were learned from, oldest first; beside the raw tables."""
    recent_fingerprint: str | None = None
    """SHA-256 of the labelled applications of these cohorts; None without cohorts."""
    parent: str | None = None
    """The version whose model this one has, calibrated anew on the cohorts; None for a model of its own."""
    seed: int
    libraries: dict[str, str]

    def __post_init__(self) -> None:
        """What the model does not use, a caller need not send; older bundles still require it."""
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
    """Manifest to the bytes of `bundle.json`: indented, and the same for the same manifest."""
    return msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=1) + b"\n"


def decode(content: bytes) -> Manifest:
    """Bytes of `bundle.json` to a manifest.

    Raises BundleError for a format other than FORMAT (naming both) and for content that does not fit it.
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
