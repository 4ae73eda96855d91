"""The prediction log: every answer is written here before it leaves, and stays until the monitor has it.

Promise: a killed process loses nothing, a crashed machine at most the last second, and a record may exist whose answer
never left. A directory may be shared by several predictors; each writes its own segments, and one that starts adopts those
of the dead. All methods belong to the event loop's thread; threads are used only for calls that wait for a disk.

Forgetting and shipping: erased frames keep their place, so offsets and counts stay true. A batch read before the erasure
may still be on its way; the monitor itself erases what reaches it after its client was forgotten. A refused batch is set
aside by reading it again, and `refused/` is erased after the segments, so no copy survives.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from serving.predictor import refused
from serving.predictor.erasure import Erasure, erasures
from serving.predictor.segment import Segment, adopt, create, erase, frames, sweep
from serving.records import Record, RecordError, Schema, frame

logger = logging.getLogger(__name__)

_LARGE_RECORD = 4096
"""Bytes that a record is expected to need before one was seen; an application of 121 fields takes about 1,400."""
_OLD = 86_400
"""Seconds after which a segment is closed although it is not full, so that what was shipped does not stay for weeks."""
_PAUSE = 200
"""Frames read between two pauses of a long search: about a third of a millisecond."""


class LogFull(Exception):  # noqa: N818 - a state that passes, not a mistake
    """There is no room for another answer: say 503 and not ready. It passes when shipping has freed space."""


class Count(NamedTuple):
    """How many records a segment holds, and `at` of its latest: what completeness is computed from."""

    name: str
    answered: int
    newest: int


class Batch(NamedTuple):
    """Frames to send, schemas included, and what to acknowledge when they have arrived."""

    segment: Count
    body: bytes
    start: int
    end: int
    records: int


class Log:
    """Segments in one directory, written by one process on one thread: its event loop's."""

    def __init__(
        self,
        directory: Path,
        *,
        segment_bytes: int = 64 << 20,
        limit_bytes: int = 1 << 30,
        retention_days: float = 30.0,
    ) -> None:
        """Adopts what dead processes left in `directory`. A full disk does not raise; it makes `full` true."""
        if limit_bytes < 2 * segment_bytes:
            raise ValueError(
                f"the log's limit must hold two segments: expected {2 * segment_bytes} bytes or more, got {limit_bytes}"
            )
        self.answered = 0
        """Records appended by this process."""
        self.torn = 0
        """Segments whose torn tail was cut."""
        self.expired = 0
        """Records older than the retention that were deleted unshipped."""
        self.directory = directory
        self._segment_bytes, self._limit_bytes = segment_bytes, limit_bytes
        self._retention = retention_days * 86_400e6
        self._schemas: dict[str, bytes] = {}
        self._largest = _LARGE_RECORD
        self._ordinal = 0
        self._current: Segment | None = None
        self._spare: Segment | None = None
        self._closed: dict[str, Segment] = {}
        self._unsynced: list[Segment] = []
        self._no_room = ""
        self._no_sync = ""
        self._gone: list[Count] = []
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.refused_bytes = refused.size(directory)
        self._adopt()
        with contextlib.suppress(LogFull):
            self._roll()

    @property
    def full(self) -> bool:
        """Whether the next answer would, or may soon, be refused with LogFull."""
        room = self._current.room if self._current else 0
        margin = max(self._segment_bytes // 64, self._largest)
        return bool(self._no_sync or (self._no_room and self._spare is None and room < margin))

    @property
    def trouble(self) -> str:
        """Why it is, or will be, full; empty when all is well."""
        return self._no_sync or self._no_room

    @property
    def bytes(self) -> int:
        """Size of all that this process holds on disk."""
        return sum(segment.size for segment in self._segments()) + self.refused_bytes

    def lag(self) -> tuple[int, float]:
        """Records not acknowledged yet, and the age in seconds of the oldest of them (0.0 without any)."""
        pending = sum(segment.pending for segment in self._segments())
        segment = self._behind()
        if segment is not None:
            for _, _, entry in segment.frames(segment.acknowledged):
                if isinstance(entry, Record):
                    return pending, max(0.0, time.time() - entry.at / 1e6)
        return pending, 0.0

    def schema(self, schema: Schema) -> str:
        """Make a schema known, once for each version served; returns its id, `Record.schema`."""
        self._schemas[schema.id] = frame(schema)
        return schema.id

    def next_ids(self, n: int) -> list[str]:
        """Ids for the next n records, in order; one that is never appended is a harmless gap. Raises LogFull."""
        segment = self._current
        if segment is None or segment.room < min(n * self._largest, self._segment_bytes):
            segment = self._roll()
        first = self._ordinal
        self._ordinal += n
        name = segment.name
        return [f"{name}-{ordinal}" for ordinal in range(first, first + n)]

    def append(self, records: Sequence[Record]) -> None:
        """Write one answer's records with one system call. Raises LogFull, and then none of them is in the log."""
        segment = self._current or self._roll()
        data = b"".join(map(frame, records))
        new = {record.schema for record in records}.difference(segment.schemas)
        size = len(data)
        for schema in new:
            data = self._schemas[schema] + data
        try:
            segment.write(data)
        except OSError as error:
            raise self._refuse(f"the prediction log in {self.directory} cannot be written: {error}") from error
        if new:
            segment.schemas.update({schema: self._schemas[schema] for schema in new})
        n = len(records)
        segment.records += n
        segment.newest = records[-1].at
        self.answered += n
        if size > self._largest * n:
            self._largest = size // n + 1

    def counts(self) -> list[Count]:
        """What was answered, by segment, those included that were deleted unshipped."""
        return self._gone + [_count(segment) for segment in self._segments() if segment.records]

    def batch(self, most_bytes: int, most_records: int) -> Batch | None:
        """The oldest frames that are not acknowledged, at least one, at most as said; None if there are none."""
        segment = self._behind()
        if segment is None:
            return None
        start, end, records = segment.acknowledged, segment.acknowledged, 0
        try:
            for _, behind, entry in segment.frames(start):
                if records == most_records or (records and behind - start > most_bytes):
                    break
                end, records = behind, records + (not isinstance(entry, Schema))
        except RecordError as error:
            if not records:
                self._pass_over(segment, error)
                return None
        return _batch(segment, start, end, records)

    def acknowledge(self, batch: Batch) -> None:
        """Let go of what the monitor has committed."""
        segment = self._find(batch.segment.name)
        if segment is not None:
            segment.acknowledge(batch.end, batch.records)
            self._delete_done(segment)

    def set_aside(self, batch: Batch) -> None:
        """Keep a batch that the monitor refuses for good in `refused/`, and go on behind it."""
        segment = self._find(batch.segment.name)
        if segment is not None:
            again = _batch(segment, batch.start, batch.end, batch.records)
            self.refused_bytes += refused.keep(self.directory, f"{segment.name}-{batch.start}", again.body)
        self.acknowledge(batch)

    async def sync_forever(self) -> None:
        """The log's task: fdatasync, the next segment, retention; each second until cancelled."""
        while True:
            await asyncio.sleep(1)
            await self.sync()

    async def sync(self) -> None:
        """One round of `sync_forever`."""
        await self._sync_data()
        await self._prepare()
        self._expire()

    async def forget(self, client: int) -> int:
        """Erase a client's records from this log, synced to disk; returns how many. Yields to the loop as it goes."""
        count = 0
        for segment in list(self._segments()):
            # A descriptor of its own: the segment may be shipped and deleted meanwhile.
            fd = os.dup(segment.fd)
            try:
                found = [each async for each in _search(fd, segment.end, client)]
                if found:
                    await asyncio.to_thread(erase, segment.path, fd, found)
            finally:
                os.close(fd)
            count += len(found)
        return count + refused.forget(self.directory, client)

    def close(self) -> None:
        """Sync and let go; what is not acknowledged waits for the next process."""
        for segment in list(self._segments()):
            os.fdatasync(segment.fd)
            if segment.pending:
                segment.release()
            else:
                segment.delete()
        self._current, self._spare = None, None
        self._closed.clear()
        self._unsynced.clear()

    def _adopt(self) -> None:
        sweep(self.directory)
        for path in sorted(self.directory.glob("*.log")):
            adopted = adopt(path)
            if adopted is None:
                continue
            segment, torn = adopted
            self._closed[segment.name] = segment
            if torn:
                self.torn += 1
                logger.warning("cut a torn tail of segment %s behind byte %d", segment.name, segment.end)
            logger.info("adopted segment %s with %d records to ship", segment.name, segment.pending)
            self._delete_done(segment)

    def _segments(self) -> Iterator[Segment]:
        """All of them, oldest first."""
        yield from self._closed.values()
        for segment in (self._current, self._spare):
            if segment is not None:
                yield segment

    def _behind(self) -> Segment | None:
        return next((segment for segment in self._segments() if segment.pending), None)

    def _find(self, name: str) -> Segment | None:
        return next((segment for segment in self._segments() if segment.name == name), None)

    def _roll(self) -> Segment:
        """Close the current segment and begin the next. Raises LogFull, and then the current one stays."""
        if self._spare is None:
            if self._no_room:
                raise LogFull(self._no_room)
            self._spare = self._create()
        self._retire()
        self._current, self._spare, self._ordinal = self._spare, None, 0
        return self._current

    def _retire(self) -> None:
        segment, self._current = self._current, None
        if segment is not None:
            os.ftruncate(segment.fd, segment.end)
            segment.size = segment.end
            self._closed[segment.name] = segment
            self._unsynced.append(segment)
            self._delete_done(segment)

    def _create(self) -> Segment:
        self._check_limit()
        try:
            return create(self.directory, self._segment_bytes)
        except OSError as error:
            raise self._refuse(f"no room for the next segment in {self.directory}: {error}") from error

    async def _create_spare(self) -> None:
        try:
            self._check_limit()
            spare = await asyncio.to_thread(create, self.directory, self._segment_bytes)
        except LogFull:
            return
        except OSError as error:
            self._refuse(f"no room for the next segment in {self.directory}: {error}")
            return
        if self._spare is None:
            self._spare, self._no_room = spare, ""
        else:
            spare.delete()

    def _check_limit(self) -> None:
        if self.bytes + self._segment_bytes > self._limit_bytes:
            raise self._refuse(
                f"its limit of {self._limit_bytes} bytes is reached, {self.lag()[0]} records are to ship"
            )

    def _refuse(self, reason: str) -> LogFull:
        if not self._no_room:
            logger.error("the prediction log is full: %s", reason)
        self._no_room = reason
        return LogFull(reason)

    async def _sync_data(self) -> None:
        segments = [*self._unsynced, *([self._current] if self._current else [])]
        self._unsynced.clear()
        files = [os.dup(segment.fd) for segment in segments if segment.name in self._closed or segment is self._current]
        error = await asyncio.to_thread(_sync_files, files)
        if error and not self._no_sync:
            logger.error("the prediction log cannot be synced: %s", error)
        self._no_sync = error
        if error:
            self._unsynced += [segment for segment in segments if segment is not self._current]

    async def _prepare(self) -> None:
        """Set the next segment aside when half of this one is used, so that a full disk is known before it hurts."""
        current = self._current
        if current is not None and current.records and time.monotonic() - current.opened > _OLD:
            self._retire()
        if self._spare is None and (self._current is None or self._current.room < self._segment_bytes // 2):
            await self._create_spare()
        else:
            self._no_room = ""

    def _expire(self) -> None:
        before = time.time() * 1e6 - self._retention
        for segment in [each for each in self._closed.values() if each.newest < before]:
            self.expired += segment.pending
            logger.error(
                "segment %s is past the retention: %d records deleted unshipped", segment.name, segment.pending
            )
            self._gone.append(_count(segment))
            del self._closed[segment.name]
            segment.delete()
        self.expired += refused.expire(self.directory, before / 1e6)
        self.refused_bytes = refused.size(self.directory)

    def _delete_done(self, segment: Segment) -> None:
        if segment.name in self._closed and not segment.pending:
            del self._closed[segment.name]
            segment.delete()

    def _pass_over(self, segment: Segment, error: RecordError) -> None:
        """Give up the rest of a segment that was damaged on disk, rather than never ship anything again."""
        self.torn += 1
        logger.error("segment %s is damaged, %d records are lost: %s", segment.name, segment.pending, error)
        segment.acknowledge(segment.end, segment.pending)
        self._delete_done(segment)


def forget_in(directory: Path, client: int) -> int:
    """Erase a client's records from what dead processes left in `directory`; returns how many."""
    count = 0
    for path in sorted(directory.glob("*.log")):
        adopted = adopt(path)
        if adopted is not None:
            segment, _ = adopted
            found = [each for each in erasures(segment.frames(), client) if each]
            if found:
                segment.erase(found)
            segment.release()
            count += len(found)
    return count + refused.forget(directory, client)


async def _search(fd: int, stop: int, client: int) -> AsyncIterator[Erasure]:
    for index, erasure in enumerate(erasures(frames(fd, 0, stop), client)):
        if erasure is not None:
            yield erasure
        if index % _PAUSE == 0:
            await asyncio.sleep(0)


def _count(segment: Segment) -> Count:
    return Count(segment.name, segment.records, segment.newest)


def _batch(segment: Segment, start: int, end: int, records: int) -> Batch:
    body = os.pread(segment.fd, end - start, start)
    # What was sent before may have gone to another database, so each batch explains itself.
    schemas = b"".join(segment.schemas.values()) if start else b""
    return Batch(_count(segment), schemas + body, start, end, records)


def _sync_files(files: Sequence[int]) -> str:
    error = ""
    for fd in files:
        try:
            os.fdatasync(fd)
        except OSError as failure:
            error = str(failure)
        finally:
            os.close(fd)
    return error
