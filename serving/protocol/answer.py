"""What a request is answered, before a wire gives it bytes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from serving.protocol.errors import Invalid, quote

OUTPUTS = {"probabilite_de_defaut": "FP64", "classe": "BYTES"}
"""What an answer holds unless it is asked for something else, by name, with its datatype."""

EXPLANATION = "explications_locales"
"""Why each application was decided so, one JSON text a row: answered only where it is asked for, as it takes longer."""

DATATYPES = {**OUTPUTS, EXPLANATION: "BYTES"}
"""All that an answer can hold."""


class Parameters(msgspec.Struct, omit_defaults=True):
    """What an answer says beside its tensors.

    The protocol's parameters are scalars, so what is one a row is joined: by commas, warnings by line ends.
    """

    model_version: str
    threshold: float
    timestamp: str
    """When it was answered: ISO 8601, UTC."""
    latency_ms: float
    """From the whole body received to the records written."""
    record_ids: str
    """One a row, in order; the key under which an outcome is reported later. Empty if nothing was recorded."""
    history: str
    """One a row: `found`, `none`, `not asked` or `stale`."""
    warnings: str = ""


class Answer(msgspec.Struct):
    """One answered request; `probability` and `decision` are one a row."""

    model: str
    version: str
    id: str
    probability: list[float]
    decision: list[str]
    parameters: Parameters
    explanations: list[str] = []
    """One a row; empty where they were not asked for."""


def choose(names: Sequence[str]) -> Sequence[str]:
    """The outputs to answer with; none asked for means OUTPUTS.

    Raises Refused for a name that is none, or comes twice.
    """
    for position, name in enumerate(names):
        if name not in DATATYPES:
            raise Invalid(f"outputs[{position}]", " or ".join(DATATYPES), quote(name))
        if name in names[:position]:
            raise Invalid(f"outputs[{position}]", "each name once", f"{quote(name)} again")
    return names or tuple(OUTPUTS)
