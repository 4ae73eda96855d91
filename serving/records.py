"""The format that serving hands on: one answered application, and how a run of them is framed.

A prediction log and a request to the monitor carry the same bytes: frames, each a little-endian 32-bit length, the
CRC-32 of the payload, and the payload, a MessagePack array. A `Schema` frame stands before the first record that refers
to it, so a log can be read without the bundle that wrote it. Zeros where a length should be are the end: segments are
preallocated.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from functools import cached_property
from typing import Literal, NamedTuple

import msgspec

from training.bundle import Manifest

CONTENT_TYPE = "application/vnd.credence.records"
"""Of a request that carries frames."""
SEGMENT_HEADER = "Credence-Segment"
ANSWERED_HEADER = "Credence-Answered"
NEWEST_HEADER = "Credence-Newest"
"""Its headers: the three values of a `SegmentReport`."""

HistoryStatus = Literal["found", "none", "not asked", "stale"]
"""Whether the client's history was used: `none` is a client without one, `stale` one that is too old to trust."""

_HEADER = struct.Struct("<II")
HEADER_SIZE = _HEADER.size


class RecordError(Exception):
    """Bytes that are not the frames of this format."""


class Schema(msgspec.Struct, frozen=True, array_like=True, tag="schema", dict=True):
    """The names behind a record's arrays, in their order."""

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    history: tuple[str, ...]

    @classmethod
    def of(cls, manifest: Manifest) -> Schema:
        """The inputs of a bundle."""
        numeric, categorical = (
            tuple(field.name for field in part) for part in (manifest.numeric, manifest.categorical)
        )
        return cls(numeric, categorical, manifest.history)

    @cached_property
    def id(self) -> str:
        """A hash of the names: the same names are the same schema in every predictor."""
        names = msgspec.msgpack.encode((self.numeric, self.categorical, self.history))
        return hashlib.sha256(names).hexdigest()[:16]


class SegmentReport(NamedTuple):
    """How many records a segment of a log holds: the monitor computes from it whether all have come."""

    segment: str
    answered: int
    newest: int
    """`at` of the latest record."""


class Record(msgspec.Struct, frozen=True, array_like=True, tag="record"):
    """One answered application: what was sent, what was used, what was said."""

    id: str
    """`<segment>-<ordinal>`, given by the predictor, returned in the answer; the key for outcomes."""
    at: int
    """Microseconds since 1970, UTC."""
    request: str
    model: str
    version: str
    schema: str
    client: int | None
    """SK_ID_CURR as it was sent; None for a new client."""
    numeric: bytes
    """float32, little-endian, NaN = missing; as sent, before the graph reads anomalies as missing."""
    categorical: tuple[str, ...]
    """As sent, so that unseen levels are kept; "" = missing."""
    history: bytes
    """float32, little-endian: the values used; all NaN unless `history_status` is `found`."""
    history_status: HistoryStatus
    probability: float
    margin: float
    threshold: float
    decision: str
    warnings: tuple[str, ...]
    explanation: str = ""
    """What `explications_locales` answered, JSON; empty where it was not asked for."""


class Forgotten(msgspec.Struct, frozen=True, array_like=True, tag="forgotten"):
    """What is left of a record whose client was forgotten: it was answered, and nothing else."""

    id: str
    padding: bytes
    """Fills the erased record's place, so that a log can be rewritten without moving what follows."""


Entry = Schema | Record | Forgotten

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Entry)


def frame(entry: Entry) -> bytes:
    """One entry as a frame."""
    payload = _encoder.encode(entry)
    return _HEADER.pack(len(payload), zlib.crc32(payload)) + payload


def read(buffer: bytes | memoryview, offset: int = 0) -> Iterator[tuple[int, Entry]]:
    """Entries from `offset` on, each with the offset behind its frame, up to the end or the zeros.

    Raises RecordError at a frame that is torn, does not match its checksum or is not an entry.
    """
    view = memoryview(buffer)
    while offset + HEADER_SIZE <= len(view):
        length, checksum = _HEADER.unpack_from(view, offset)
        if length == 0:
            return
        payload = view[offset + HEADER_SIZE : offset + HEADER_SIZE + length]
        if len(payload) < length or zlib.crc32(payload) != checksum:
            raise RecordError(f"torn frame at byte {offset}: {length} bytes announced, checksum or end does not fit")
        try:
            entry = _decoder.decode(payload)
        except msgspec.DecodeError as error:
            raise RecordError(f"frame at byte {offset} is not an entry: {error}") from error
        offset += HEADER_SIZE + length
        yield offset, entry
