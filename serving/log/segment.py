"""One file of the prediction log.

A segment `<name>.log` is preallocated, written at its end, and cut there when it is closed. The process that owns it
holds a lock. A lock ends with its process, so a segment that can be locked has no owner. Two files may be beside it:

- `<name>.acked` is the offset up to which the monitor has the segment. Without it, records are sent twice, and the
  monitor ignores the duplicates.
- `<name>.erase` exists while a client's records are erased. It lists the overwrites, so that another process can finish
  them if this one is killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import struct
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from serving.log.erasure import Erasure, blank
from serving.records import HEADER_SIZE, Entry, RecordError, Schema, frame, read

SEGMENT_BYTES = 64 << 20
"""Size of a segment in bytes; the smallest log has two segments."""
_WINDOW = 1 << 18
_FLAGS = os.O_RDWR | os.O_CLOEXEC


class Segment:
    """A segment whose lock this process holds."""

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self.name = path.stem
        self.fd = fd
        self.size = os.fstat(fd).st_size
        """Bytes on disk, including preallocated ones."""
        self.end = 0
        """Offset after the last frame."""
        self.records = 0
        """The number of records, including erased ones; this is the number of answers."""
        self.newest = int(self.name[:12], 16) * 1000
        """`at` of the latest record; without records, the time of creation."""
        self.acknowledged = 0
        self.acknowledged_records = 0
        self.schemas: dict[str, bytes] = {}
        """The frames of its schemas, by id."""
        self.opened = time.monotonic()
        self.closed = False
        """Whether writing has ended."""

    @property
    def room(self) -> int:
        """Free preallocated bytes."""
        return self.size - self.end

    @property
    def deleted(self) -> bool:
        """Whether its file was removed, so that its content exists only while this process runs."""
        return not os.fstat(self.fd).st_nlink

    @property
    def pending(self) -> int:
        """Records that are not acknowledged."""
        return self.records - self.acknowledged_records

    def write(self, data: bytes) -> None:
        """Append frames. If they do not fit, raise OSError; the segment is then unchanged but has no more room."""
        written = 0
        try:
            while written < len(data):
                written += os.pwrite(self.fd, data[written:] if written else data, self.end + written)
        except OSError:
            # Bytes of an incomplete frame must not remain after a later, shorter frame.
            os.ftruncate(self.fd, self.end)
            self.size = self.end
            raise
        self.end += written
        self.size = max(self.size, self.end)

    def frames(self, start: int = 0) -> Iterator[tuple[int, int, Entry]]:
        """Start, end and content of each frame between `start` and the end."""
        return frames(self.fd, start, self.end)

    def acknowledge(self, offset: int, records: int) -> None:
        """Store that the monitor has everything before `offset`, which adds `records` records."""
        self.acknowledged = offset
        self.acknowledged_records += records
        # A full disk must not prevent the deletion of the segment.
        with contextlib.suppress(OSError):
            self.path.with_suffix(".acked").write_text(str(offset))

    def close(self) -> None:
        """Cut the preallocated rest and end writing."""
        os.ftruncate(self.fd, self.end)
        self.size = self.end
        self.closed = True

    def release(self) -> None:
        """Release the lock and leave the file to another process."""
        os.close(self.fd)

    def delete(self) -> None:
        """Remove the segment from disk."""
        self.path.unlink(missing_ok=True)
        self.path.with_suffix(".acked").unlink(missing_ok=True)
        os.close(self.fd)


def create(directory: Path, size: int) -> Segment:
    """Create an empty, locked segment with `size` preallocated bytes. Raises OSError if there is no room for it."""
    name = f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(4)}"
    # It has another suffix until it is locked, so that no process adopts it as a segment without an owner.
    path = directory / f"{name}.new"
    fd = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        os.posix_fallocate(fd, 0, size)
        os.fsync(fd)
        path = path.rename(path.with_suffix(".log"))
        _sync_directory(directory)
    except OSError:
        path.unlink(missing_ok=True)
        os.close(fd)
        raise
    return Segment(path, fd)


def adopt(path: Path) -> tuple[Segment, bool] | None:
    """Adopt a segment whose owner died; also return whether an incomplete end was cut. None if the owner runs."""
    fd = _lock(path)
    if fd is None:
        return None
    _finish_erasing(path, fd)
    segment = Segment(path, fd)
    torn = _scan(segment)
    segment.close()
    return segment, torn


def sweep(directory: Path) -> None:
    """Remove files of processes that died while they created a segment or erased records."""
    for path in directory.glob("*.new"):
        fd = _lock(path)
        if fd is not None:
            path.unlink(missing_ok=True)
            os.close(fd)
    for suffix in ("acked", "erase", "draft"):
        for path in directory.glob(f"*.{suffix}"):
            if not path.with_suffix(".log").exists():
                path.unlink(missing_ok=True)


def frames(fd: int, start: int, stop: int) -> Iterator[tuple[int, int, Entry]]:
    """Start, end and content of each frame of a file, read in pieces, up to `stop` or the zeros.

    Raises RecordError at a frame that cannot be read.
    """
    window = _WINDOW
    while start + HEADER_SIZE <= stop:
        buffer = os.pread(fd, min(window, stop - start), start)
        done = 0
        try:
            for end, entry in read(buffer):
                yield start + done, start + end, entry
                done = end
        except RecordError:
            needed = HEADER_SIZE + _announced(buffer, done)
            if done + needed <= len(buffer) or start + done + needed > stop:
                raise
            window = max(_WINDOW, needed)
        else:
            if done + HEADER_SIZE <= len(buffer):
                return
        start += done


def erase(path: Path, fd: int, erasures: Sequence[Erasure]) -> None:
    """Overwrite frames of a segment's file; if this process is killed, the next owner finishes the work."""
    plan = path.with_suffix(".erase")
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        file.write(msgspec.msgpack.encode(erasures))
        file.flush()
        os.fsync(file.fileno())
    draft.rename(plan)
    _sync_directory(path.parent)
    _overwrite(fd, erasures)
    plan.unlink()


def _overwrite(fd: int, erasures: Sequence[Erasure]) -> None:
    for erasure in erasures:
        os.pwrite(fd, blank(erasure), erasure.start)
    os.fdatasync(fd)


def _finish_erasing(path: Path, fd: int) -> None:
    plan = path.with_suffix(".erase")
    if plan.exists():
        _overwrite(fd, msgspec.msgpack.decode(plan.read_bytes(), type=list[Erasure]))
        plan.unlink()


def _lock(path: Path) -> int | None:
    try:
        fd = os.open(path, _FLAGS)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Another process may have shipped and removed the file between the two calls.
        if os.fstat(fd).st_nlink:
            return fd
    except BlockingIOError:
        pass
    os.close(fd)
    return None


def _scan(segment: Segment) -> bool:
    """Read a segment and set its counts; return whether there are bytes after its last complete frame."""
    acknowledged = _read_acknowledged(segment.path)
    try:
        for _, end, entry in frames(segment.fd, 0, segment.size):
            segment.end = end
            if isinstance(entry, Schema):
                segment.schemas[entry.id] = frame(entry)
            else:
                segment.records += 1
                segment.newest = max(segment.newest, getattr(entry, "at", 0))
            if end == acknowledged:
                segment.acknowledged, segment.acknowledged_records = end, segment.records
    except RecordError:
        return True
    return bool(os.pread(segment.fd, segment.size - segment.end, segment.end).strip(b"\0"))


def _read_acknowledged(path: Path) -> int:
    try:
        return int(path.with_suffix(".acked").read_text())
    except (OSError, ValueError):
        return 0


def _announced(buffer: bytes, offset: int) -> int:
    length: int = struct.unpack_from("<I", buffer, offset)[0]
    return length


def _sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
