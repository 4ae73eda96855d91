"""Parameters that change what a value means, as clients of MLServer, KServe and Triton send them.

They are refused unless they mean what is done anyway. All other parameters of inputs, outputs and requests are ignored.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from serving.protocol.errors import Invalid, quote


class MeaningParameters(msgspec.Struct, gc=False):
    """The parameters that are not ignored, with the values that change nothing; the decoder refuses any other value."""

    content_type: Literal["str", "np", "pd"] | None = None
    """MLServer's name of an encoding. These three say into what its server would put the values; the others encode."""
    binary_data_size: None = None
    """The values would follow the JSON."""
    shared_memory_region: None = None
    """The values would be in a memory that caller and server share."""
    classification: Literal[0] | None = None
    """An output would be replaced by the names of its largest values."""


_EXPECTED = {
    "content_type": "str, np, pd or none: numbers and texts are sent as they are",
    "binary_data_size": "none: `data` is sent as JSON (`binary_data=False`)",
    "shared_memory_region": "none: `data` is sent as JSON",
    "classification": "none or 0",
}


def misunderstood(where: str, parameters: Any) -> Invalid | None:
    """The refusal for the first of MeaningParameters with another value; `where` stands before `parameters`."""
    if parameters is None:
        return None
    if not isinstance(parameters, dict):
        return Invalid(f"{where}parameters", "an object", quote(parameters))
    for field in msgspec.structs.fields(MeaningParameters):
        if field.name in parameters:
            value = parameters[field.name]
            try:
                msgspec.convert(value, field.type)
            except msgspec.ValidationError:
                return Invalid(f"{where}parameters.{field.name}", _EXPECTED[field.name], quote(value))
    return None
