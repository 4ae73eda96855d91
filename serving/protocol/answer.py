"""The answer to a request, before it is encoded."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from serving.protocol.errors import Invalid, quote

PROBABILITY, DECISION = "probabilite_de_defaut", "classe"
"""The outputs of every answer, and the columns of every scored file."""

OUTPUTS = {PROBABILITY: "FP64", DECISION: "BYTES"}
"""The default outputs of an answer: name to datatype."""

EXPLANATION = "explications_locales"
"""The output with the reasons for each decision, one JSON text per row; only on request, because it takes longer."""

DATATYPES = {**OUTPUTS, EXPLANATION: "BYTES"}
"""All possible outputs of an answer."""


class Parameters(msgspec.Struct, omit_defaults=True):
    """The parameters of an answer, besides its tensors.

    The protocol's parameters are scalars, so values per row are joined by commas, and warnings by line ends.
    """

    model_version: str
    threshold: float
    timestamp: str
    """Time of the answer: ISO 8601, UTC."""
    latency_ms: float
    """Time from the complete body to the written records."""
    record_ids: str
    """One id per row, in order; outcomes are later reported with this key. Empty if nothing was recorded."""
    history: str
    """One status per row: `found`, `none`, `not asked` or `stale`."""
    warnings: str = ""


class Answer(msgspec.Struct):
    """One answered request; `probability` and `decision` have one value per row."""

    model: str
    version: str
    id: str
    probability: list[float]
    decision: list[str]
    parameters: Parameters
    explanations: list[str] = []
    """One text per row; empty if explanations were not requested."""


def choose(names: Sequence[str]) -> Sequence[str]:
    """The outputs to answer with; OUTPUTS if `names` is empty.

    Raises Refused if a name is unknown or repeated.
    """
    for position, name in enumerate(names):
        if name not in DATATYPES:
            raise Invalid(f"outputs[{position}]", " or ".join(DATATYPES), quote(name))
        if name in names[:position]:
            raise Invalid(f"outputs[{position}]", "each name once", f"{quote(name)} again")
    return names or tuple(OUTPUTS)
