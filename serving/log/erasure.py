"""What stands in a log where a forgotten client's record stood."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator

import msgspec

from serving.records import HEADER_SIZE, Entry, Record, RecordError

_EMPTY = b"\xc4\x00"
"""MessagePack's zero bytes, as an encoded Forgotten without padding ends."""
_LONG = struct.Struct(">BI")
"""MessagePack's bin 32 header: unlike the shorter ones it lets every length be reached."""


class Erasure(msgspec.Struct, frozen=True, array_like=True):
    """One frame to overwrite: where it starts, how long it is with its header, whose id it keeps."""

    start: int
    length: int
    id: str


def blank(erasure: Erasure) -> bytes:
    """A frame of exactly the erasure's length that reads as Forgotten. Raises RecordError where it cannot fit."""
    shortest = msgspec.msgpack.encode(("forgotten", erasure.id, b"")).removesuffix(_EMPTY)
    padding = erasure.length - HEADER_SIZE - len(shortest) - _LONG.size
    if padding < 0:
        raise RecordError(f"frame at byte {erasure.start} is too short to be blanked: {erasure.length} bytes")
    payload = shortest + _LONG.pack(0xC6, padding) + bytes(padding)
    return struct.pack("<II", len(payload), zlib.crc32(payload)) + payload


def erasures(frames: Iterable[tuple[int, int, Entry]], client: int) -> Iterator[Erasure | None]:
    """For each frame, its erasure if it holds the client's record, else None: the caller may pause in between."""
    for start, end, entry in frames:
        if isinstance(entry, Record) and entry.client == client:
            yield Erasure(start, end - start, entry.id)
        else:
            yield None
