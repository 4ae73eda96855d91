"""The record format: one answered application, and the frames in which records are stored and sent.

A prediction log and a request to the monitor contain the same bytes: a sequence of frames. A frame is a little-endian
32-bit length, the CRC-32 of the payload, and the payload, which is a MessagePack array. A `Schema` frame precedes the
first record that refers to it, so a log can be read without its bundle. A length of zero marks the end, because
segments are preallocated with zeros.
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
"""Content type of a request that contains frames."""
SEGMENT_HEADER = "Credence-Segment"
ANSWERED_HEADER = "Credence-Answered"
NEWEST_HEADER = "Credence-Newest"
"""Headers of such a request: the three values of a `SegmentReport`."""

HistoryStatus = Literal["found", "none", "not asked", "stale"]
"""Whether the client's history was used. `none`: the client has no history. `stale`: the history is too old.
`not asked`: the request did not name a client.
"""

_HEADER = struct.Struct("<II")
HEADER_SIZE = _HEADER.size


class RecordError(Exception):
    """The bytes are not valid frames of this format."""


class Schema(msgspec.Struct, frozen=True, array_like=True, tag="schema", dict=True):
    """The names of the values in a record's arrays, in order."""

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    history: tuple[str, ...]

    @classmethod
    def of(cls, manifest: Manifest) -> Schema:
        """The schema of a bundle's inputs."""
        numeric, categorical = (
            tuple(field.name for field in part) for part in (manifest.numeric, manifest.categorical)
        )
        return cls(numeric, categorical, manifest.history)

    @cached_property
    def id(self) -> str:
        """A hash of the names, so equal names have the same id in every predictor."""
        names = msgspec.msgpack.encode((self.numeric, self.categorical, self.history))
        return hashlib.sha256(names).hexdigest()[:16]


class SegmentReport(NamedTuple):
    """The number of records in a segment of a log, from which the monitor computes whether all have arrived."""

    segment: str
    answered: int
    newest: int
    """`at` of the latest record."""


class Record(msgspec.Struct, frozen=True, array_like=True, tag="record"):
    """One answered application: the request's values, the used history and the answer."""

    id: str
    """`<segment>-<ordinal>`; the predictor sets it and returns it in the answer. It is the key for outcomes."""
    at: int
    """Microseconds since 1970, UTC."""
    request: str
    model: str
    version: str
    schema: str
    client: int | None
    """SK_ID_CURR from the request; None for a new client."""
    numeric: bytes
    """float32, little-endian, NaN means missing; the sent values, before the graph replaces anomalies."""
    categorical: tuple[str, ...]
    """The sent values, so that unseen levels are kept; "" means missing."""
    history: bytes
    """float32, little-endian: the used values; all NaN unless `history_status` is `found`."""
    history_status: HistoryStatus
    probability: float
    margin: float
    threshold: float
    decision: str
    warnings: tuple[str, ...]
    explanation: str = ""
    """The value of the output `explications_locales`, JSON; empty if it was not requested."""


class Forgotten(msgspec.Struct, frozen=True, array_like=True, tag="forgotten"):
    """The remains of a record whose client was forgotten; it only shows that an application was answered."""

    id: str
    padding: bytes
    """Fills the space of the erased record, so that the following frames need not move."""


Entry = Schema | Record | Forgotten

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Entry)


def frame(entry: Entry) -> bytes:
    """One entry as a frame."""
    payload = _encoder.encode(entry)
    return _HEADER.pack(len(payload), zlib.crc32(payload)) + payload


def read(buffer: bytes | memoryview, offset: int = 0) -> Iterator[tuple[int, Entry]]:
    """Entries from `offset` on, each with the end offset of its frame, up to the end or the zeros.

    Raises RecordError if a frame is incomplete, does not match its checksum or is not an entry.
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
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise RecordError(f"frame at byte {offset} is not an entry: {error}") from error
        offset += HEADER_SIZE + length
        yield offset, entry
