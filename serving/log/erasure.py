"""The frames that replace a forgotten client's records in a log."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator

import msgspec

from serving.records import HEADER_SIZE, Entry, Record, RecordError

_EMPTY = b"\xc4\x00"
"""Empty bytes in MessagePack: the end of an encoded Forgotten without padding."""
_LONG = struct.Struct(">BI")
"""MessagePack's bin 32 header; unlike shorter headers it allows every length."""


class Erasure(msgspec.Struct, frozen=True, array_like=True):
    """One frame to overwrite: its start, its length with the header, and the record id that is kept."""

    start: int
    length: int
    id: str


def blank(erasure: Erasure) -> bytes:
    """A Forgotten frame of exactly the erasure's length. Raises RecordError if the length is too small."""
    shortest = msgspec.msgpack.encode(("forgotten", erasure.id, b"")).removesuffix(_EMPTY)
    padding = erasure.length - HEADER_SIZE - len(shortest) - _LONG.size
    if padding < 0:
        raise RecordError(f"frame at byte {erasure.start} is too short to be blanked: {erasure.length} bytes")
    payload = shortest + _LONG.pack(0xC6, padding) + bytes(padding)
    return struct.pack("<II", len(payload), zlib.crc32(payload)) + payload


def erasures(frames: Iterable[tuple[int, int, Entry]], client: int) -> Iterator[Erasure | None]:
    """For each frame, its erasure if it holds the client's record, else None, so that the caller can pause."""
    for start, end, entry in frames:
        if isinstance(entry, Record) and entry.client == client:
            yield Erasure(start, end - start, entry.id)
        else:
            yield None
