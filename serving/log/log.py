"""The prediction log: every answer is written here before it is sent, and stays until the monitor has it.

Guarantees: a killed process loses nothing, and a crashed machine loses at most the last second. A record may exist
whose answer was never sent. Several predictors may share a directory. Each writes its own segments, and a starting
predictor adopts the segments of dead ones. Call all methods in the event loop's thread; other threads only wait for a
disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path

from serving.log.backlog import Backlog, forget_in
from serving.log.segment import SEGMENT_BYTES, Segment, create
from serving.records import Record, Schema, frame

__all__ = ["Log", "LogFull", "forget_in"]

logger = logging.getLogger(__name__)

_LARGE_RECORD = 4096
"""Assumed size of a record in bytes before the first one; an application of 121 fields takes about 1,400."""
_OLD = 86_400
"""Seconds after which a segment is closed although it is not full, so that shipped records do not stay for weeks."""


class LogFull(Exception):  # noqa: N818 - a temporary state, not an error
    """There is no room for another answer, so answer 503 and not ready. It ends when shipping has freed space."""


class Log(Backlog):
    """Segments in one directory, written by one process on one thread: the event loop's thread."""

    def __init__(
        self,
        directory: Path,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        limit_bytes: int = 1 << 30,
        retention_days: float = 30.0,
    ) -> None:
        """Adopt the segments of dead processes in `directory`. A full disk raises no error but makes `full` true."""
        if limit_bytes < 2 * segment_bytes:
            raise ValueError(
                f"the log's limit must hold two segments: expected {2 * segment_bytes} bytes or more, got {limit_bytes}"
            )
        super().__init__(directory)
        self.answered = 0
        """Records appended by this process."""
        self.limit_bytes = limit_bytes
        self._segment_bytes = segment_bytes
        self._retention = retention_days * 86_400e6
        self._schemas: dict[str, bytes] = {}
        self._largest = 0
        self._ordinal = 0
        self._current: Segment | None = None
        self._spare: Segment | None = None
        self._unsynced: set[Segment] = set()
        self._no_room = ""
        self._refused = False
        self._no_sync = ""
        with contextlib.suppress(LogFull):
            self._roll()

    @property
    def full(self) -> bool:
        """Whether the next answer is refused with LogFull, or may soon be."""
        room = self._current.room if self._current else 0
        margin = max(self._segment_bytes // 64, self._largest or _LARGE_RECORD)
        return bool(self._no_sync or (self._no_room and self._spare is None and (room < margin or self._refused)))

    @property
    def bytes(self) -> int:
        """Bytes on disk that this process owns."""
        return super().bytes + (self._spare.size if self._spare else 0)

    @property
    def trouble(self) -> str:
        """Why the log is full or will be; empty if there is no problem."""
        return self._no_sync or self._no_room

    def schema(self, schema: Schema) -> str:
        """Register a schema, once for each served version, and return its id, `Record.schema`."""
        self._schemas[schema.id] = frame(schema)
        return schema.id

    def next_ids(self, n: int, more: int = 0) -> list[str]:
        """Ids for the next n records, in order; an id that is never used is a harmless gap. Raises LogFull.

        `more` is the number of bytes by which these records together are longer than usual.
        """
        if self._no_sync:
            raise LogFull(f"the prediction log cannot be synced: {self._no_sync}")
        segment = self._current
        if segment is None or segment.room < min(n * (self._largest or _LARGE_RECORD) + more, self._segment_bytes):
            segment = self._roll()
        first = self._ordinal
        self._ordinal += n
        name = segment.name
        return [f"{name}-{ordinal}" for ordinal in range(first, first + n)]

    def append(self, records: Sequence[Record]) -> None:
        """Write one or more records with one system call.

        If it raises LogFull, none of the records is in the log.
        """
        segment = self._current or self._roll()
        data = b"".join(map(frame, records))
        size = len(data)
        new = {record.schema for record in records}.difference(segment.schemas)
        for schema in new:
            data = self._schemas[schema] + data
        try:
            segment.write(data)
        except OSError as error:
            raise self._refuse(f"{segment.path} cannot be written: {error}") from error
        for schema in new:
            segment.schemas[schema] = self._schemas[schema]
        n = len(records)
        segment.records += n
        segment.newest = records[-1].at
        self.answered += n
        if size > self._largest * n:
            self._largest = size // n + 1

    async def sync_forever(self) -> None:
        """The log's background task: call `sync` every second until cancelled."""
        while True:
            await asyncio.sleep(1)
            try:
                await self.sync()
            except OSError:
                logger.exception("a round of the prediction log's task failed")

    async def sync(self) -> None:
        """Sync to disk, prepare the next segment, and delete segments that are older than the retention."""
        await self._sync_data()
        if self._current is not None and self._current.records and time.monotonic() - self._current.opened > _OLD:
            self._close_current()
        self._leave_deleted()
        await self._prepare()
        self.expire(time.time() * 1e6 - self._retention)

    def close(self) -> None:
        """Sync and release all segments; records that are not acknowledged wait for the next process."""
        self._close_current()
        if self._spare is not None:
            self._spare.delete()
            self._spare = None
        error = _sync_files([os.dup(segment.fd) for segment in self._closed_unsynced()])
        if error:
            logger.error("the prediction log could not be synced: %s", error)
        for segment in self.segments.values():
            segment.release()
        self.segments.clear()
        self._unsynced.clear()

    def _roll(self) -> Segment:
        """Close the current segment and begin the next. If it raises LogFull, the current segment stays open."""
        if self._spare is None:
            self._refused = True
            if self._no_room:
                raise LogFull(f"the prediction log has no room: {self._no_room}")
            self._check_limit()
            try:
                self._spare = create(self.directory, self._segment_bytes)
            except OSError as error:
                raise self._refuse(f"no room for the next segment in {self.directory}: {error}") from error
        self._refused = False
        self._close_current()
        segment, self._spare, self._ordinal = self._spare, None, 0
        self.segments[segment.name] = self._current = segment
        return segment

    def _close_current(self) -> None:
        segment, self._current = self._current, None
        if segment is not None:
            segment.close()
            self._unsynced.add(segment)
            self._delete_done(segment)

    def _leave_deleted(self) -> None:
        """Stop writing to deleted files; their records are still shipped while this process runs."""
        if self._spare is not None and self._spare.deleted:
            self._spare.delete()
            self._spare = None
        if self._current is not None and self._current.deleted:
            logger.error("segment %s was deleted by another, with records that are not shipped", self._current.name)
            self._close_current()

    def _check_limit(self) -> None:
        if self.bytes + self._segment_bytes > self.limit_bytes:
            raise self._refuse(f"its limit of {self.limit_bytes} bytes is reached, {self.lag()[0]} records are to ship")

    def _refuse(self, reason: str) -> LogFull:
        if not self._no_room:
            logger.error("the prediction log has no room: %s", reason)
        self._no_room = reason
        return LogFull(f"the prediction log has no room: {reason}")

    def _closed_unsynced(self) -> set[Segment]:
        """The closed segments to sync, without those that were shipped and deleted."""
        return {segment for segment in self._unsynced if segment.name in self.segments}

    async def _sync_data(self) -> None:
        segments = self._closed_unsynced()
        self._unsynced.clear()
        files = [os.dup(segment.fd) for segment in segments | ({self._current} if self._current else set())]
        error = await asyncio.to_thread(_sync_files, files)
        if error:
            self._unsynced |= segments
            if not self._no_sync:
                logger.error("the prediction log cannot be synced: %s", error)
        self._no_sync = error

    async def _prepare(self) -> None:
        """Create the next segment when half of this one is used, so that a full disk is noticed early."""
        half_used = self._current is None or self._current.room < self._segment_bytes // 2
        if self._spare is None and half_used:
            await self._create_spare()
        else:
            self._no_room, self._refused = "", False

    async def _create_spare(self) -> None:
        try:
            self._check_limit()
            spare = await asyncio.to_thread(create, self.directory, self._segment_bytes)
        except LogFull:
            return
        except OSError as error:
            self._refuse(f"no room for the next segment in {self.directory}: {error}")
            return
        self._no_room, self._refused = "", False
        if self._spare is None:
            self._spare = spare
        else:
            spare.delete()


def _sync_files(files: Sequence[int]) -> str:
    """Sync and close descriptors, and return the last error, or "" without errors."""
    error = ""
    for fd in files:
        try:
            os.fdatasync(fd)
        except OSError as failure:
            error = str(failure)
        finally:
            os.close(fd)
    return error
