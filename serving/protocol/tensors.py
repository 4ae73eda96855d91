"""Named tensors of the protocol: one class per datatype, so that decoding checks the type of every value.

The data of a tensor is flat or nested according to its shape; None means missing.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from serving.protocol.errors import LONGEST_QUOTE, quote
from serving.protocol.parameters import MeaningParameters

_LARGEST = 2**63 - 1
"""The limit of UINT64 too: no field needs more, and a client number must fit into a database's integer."""

_I8 = Annotated[int, msgspec.Meta(ge=-(2**7), lt=2**7)]
_I16 = Annotated[int, msgspec.Meta(ge=-(2**15), lt=2**15)]
_I32 = Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]
_I64 = Annotated[int, msgspec.Meta(ge=-_LARGEST - 1, le=_LARGEST)]
_U8 = Annotated[int, msgspec.Meta(ge=0, lt=2**8)]
_U16 = Annotated[int, msgspec.Meta(ge=0, lt=2**16)]
_U32 = Annotated[int, msgspec.Meta(ge=0, lt=2**32)]
_U64 = Annotated[int, msgspec.Meta(ge=0, le=_LARGEST)]


class _Named(msgspec.Struct, tag_field="datatype", gc=False, kw_only=True):
    name: str
    shape: list[int]
    parameters: MeaningParameters | None = None

    @property
    def datatype(self) -> str:
        """The protocol's name of the type of `data`."""
        return str(self.__struct_config__.tag)

    @property
    def label(self) -> str:
        """The name for the start of an error message; an unusual name is quoted."""
        return (
            self.name if self.name.isidentifier() and len(self.name) <= LONGEST_QUOTE else f"input {quote(self.name)}"
        )


class FP64(_Named, tag="FP64"):
    """Numbers; whole numbers need no decimal point."""

    data: list[float | list[float | None] | None]


class FP32(_Named, tag="FP32"):
    """Numbers; the codec refuses numbers that FP32 cannot hold, because its arrays are FP32."""

    data: list[float | list[float | None] | None]


class INT8(_Named, tag="INT8"):
    """Whole numbers of 8 bits."""

    data: list[_I8 | list[_I8 | None] | None]


class INT16(_Named, tag="INT16"):
    """Whole numbers of 16 bits."""

    data: list[_I16 | list[_I16 | None] | None]


class INT32(_Named, tag="INT32"):
    """Whole numbers of 32 bits."""

    data: list[_I32 | list[_I32 | None] | None]


class INT64(_Named, tag="INT64"):
    """Whole numbers of 64 bits."""

    data: list[_I64 | list[_I64 | None] | None]


class UINT8(_Named, tag="UINT8"):
    """Whole numbers of 8 bits, not negative."""

    data: list[_U8 | list[_U8 | None] | None]


class UINT16(_Named, tag="UINT16"):
    """Whole numbers of 16 bits, not negative."""

    data: list[_U16 | list[_U16 | None] | None]


class UINT32(_Named, tag="UINT32"):
    """Whole numbers of 32 bits, not negative."""

    data: list[_U32 | list[_U32 | None] | None]


class UINT64(_Named, tag="UINT64"):
    """Whole numbers of 63 bits, not negative."""

    data: list[_U64 | list[_U64 | None] | None]


class BYTES(_Named, tag="BYTES"):
    """Texts in UTF-8."""

    data: list[str | list[str | None] | None]


Tensor = FP64 | FP32 | INT8 | INT16 | INT32 | INT64 | UINT8 | UINT16 | UINT32 | UINT64 | BYTES

TENSORS: dict[str, type[Tensor]] = {
    str(kind.__struct_config__.tag): kind
    for kind in (FP64, FP32, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, BYTES)
}
"""The class of each accepted datatype; BOOL and the 16-bit floats are not accepted."""
