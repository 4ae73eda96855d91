"""The records that the monitor does not have yet: reading in batches, acknowledging, erasing, expiring.

Forgetting and shipping may overlap. Erased frames keep their size, so offsets and counts stay valid. A batch that was
read before the erasure may arrive later; the monitor itself then erases records of forgotten clients. A refused batch
is read again before it is stored, and `refused/` is erased after the segments, so no copy remains.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

from serving.log import refused
from serving.log.erasure import Erasure, erasures
from serving.log.segment import Segment, adopt, erase, frames, sweep
from serving.records import Record, RecordError, Schema, SegmentReport

logger = logging.getLogger(__name__)

_PAUSE = 200
"""Frames read between two pauses of a long search: about a third of a millisecond."""


class LogBatch(NamedTuple):
    """Frames to send with their schemas, and the values to acknowledge after they arrived."""

    report: SegmentReport
    body: bytes
    start: int
    end: int
    records: int


class Backlog:
    """The segments of one directory that this process owns: its own and those of dead processes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.torn = 0
        """Segments with an incomplete end that was cut, or with damage on disk."""
        self.expired = 0
        """Records that were deleted before shipping, because they were older than the retention."""
        self.segments: dict[str, Segment] = {}
        """By name, oldest first."""
        self._lost: list[SegmentReport] = []
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._refused_bytes = refused.size(directory)
        self._adopt()

    @property
    def bytes(self) -> int:
        """Bytes on disk that this process owns."""
        return sum(segment.size for segment in self.segments.values()) + self._refused_bytes

    def lag(self) -> tuple[int, float]:
        """The number of records not acknowledged yet, and the age in seconds of the oldest one (0.0 without any)."""
        pending = sum(segment.pending for segment in self.segments.values())
        segment = self._behind()
        return pending, 0.0 if segment is None else max(0.0, time.time() - _oldest(segment) / 1e6)

    def waiting_bytes(self) -> int:
        """Bytes that are not acknowledged yet."""
        return sum(segment.end - segment.acknowledged for segment in self.segments.values() if segment.pending)

    def reports(self) -> list[SegmentReport]:
        """The reports of all segments, including those that were deleted before shipping."""
        return self._lost + [_report(segment) for segment in self.segments.values() if segment.records]

    def batch(self, most_bytes: int, most_records: int) -> LogBatch | None:
        """The oldest frames that are not acknowledged, or None if there are none.

        A batch has one to `most_records` records, and at most `most_bytes` if it has more than one.
        """
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

    def acknowledge(self, batch: LogBatch) -> None:
        """Release a batch that the monitor has committed."""
        segment = self.segments.get(batch.report.segment)
        if segment is not None:
            segment.acknowledge(batch.end, batch.records)
            self._delete_done(segment)

    def set_aside(self, batch: LogBatch) -> None:
        """Store a batch that the monitor refuses permanently in `refused/`, and continue after it."""
        segment = self.segments.get(batch.report.segment)
        if segment is not None:
            again = _batch(segment, batch.start, batch.end, batch.records)
            self._refused_bytes += refused.keep(self.directory, f"{segment.name}-{batch.start}", again.body)
        self.acknowledge(batch)

    def expire(self, before: float) -> None:
        """Delete closed segments whose records are all older than `before` (microseconds), shipped or not."""
        for segment in [each for each in self.segments.values() if each.closed and each.newest < before]:
            self.expired += segment.pending
            logger.error("segment %s is past the retention: %d records lost unshipped", segment.name, segment.pending)
            self._lost.append(_report(segment))
            self._delete(segment)
        self.expired += refused.expire(self.directory, before / 1e6)
        self._refused_bytes = refused.size(self.directory)

    async def forget(self, client: int) -> int:
        """Erase a client's records from this log, synced to disk, and return their number.

        It yields to the event loop from time to time.
        """
        count = 0
        for segment in list(self.segments.values()):
            if segment.name not in self.segments:
                continue  # it was shipped and deleted during an earlier search, and its descriptor may be reused
            # A separate descriptor, because the segment may be shipped and deleted during the search.
            fd = os.dup(segment.fd)
            try:
                records = [each async for each in _search(fd, segment.end, client)]
                if records:
                    await asyncio.to_thread(erase, segment.path, fd, records)
            finally:
                os.close(fd)
            count += len(records)
        return count + refused.forget(self.directory, client)

    def _adopt(self) -> None:
        sweep(self.directory)
        for path in sorted(self.directory.glob("*.log")):
            adopted = adopt(path)
            if adopted is None:
                continue
            segment, torn = adopted
            self.segments[segment.name] = segment
            if torn:
                self.torn += 1
                logger.warning("cut a torn tail of segment %s behind byte %d", segment.name, segment.end)
            logger.info("adopted segment %s with %d records to ship", segment.name, segment.pending)
            self._delete_done(segment)

    def _behind(self) -> Segment | None:
        return next((segment for segment in self.segments.values() if segment.pending), None)

    def _delete_done(self, segment: Segment) -> None:
        if segment.closed and not segment.pending:
            self._delete(segment)

    def _delete(self, segment: Segment) -> None:
        del self.segments[segment.name]
        segment.delete()

    def _pass_over(self, segment: Segment, error: RecordError) -> None:
        """Skip the rest of a segment that is damaged on disk, so that later segments can be shipped."""
        self.torn += 1
        logger.error("segment %s is damaged, %d records are lost: %s", segment.name, segment.pending, error)
        segment.acknowledge(segment.end, segment.pending)
        self._delete_done(segment)


def forget_in(directory: Path, client: int) -> int:
    """Erase a client's records from the files of dead processes in `directory`, and return their number."""
    count = 0
    for path in sorted(directory.glob("*.log")):
        adopted = adopt(path)
        if adopted is not None:
            segment, _ = adopted
            records = [each for each in erasures(segment.frames(), client) if each]
            if records:
                erase(segment.path, segment.fd, records)
            segment.release()
            count += len(records)
    return count + refused.forget(directory, client)


async def _search(fd: int, stop: int, client: int) -> AsyncIterator[Erasure]:
    for index, erasure in enumerate(erasures(frames(fd, 0, stop), client)):
        if erasure is not None:
            yield erasure
        if index % _PAUSE == 0:
            await asyncio.sleep(0)


def _oldest(segment: Segment) -> int:
    """`at` of the first record that is not acknowledged, or of the segment's latest if that is erased or damaged."""
    try:
        for _, _, entry in segment.frames(segment.acknowledged):
            if isinstance(entry, Record):
                return entry.at
    except RecordError:
        pass
    return segment.newest


def _report(segment: Segment) -> SegmentReport:
    return SegmentReport(segment.name, segment.records, segment.newest)


def _batch(segment: Segment, start: int, end: int, records: int) -> LogBatch:
    body = os.pread(segment.fd, end - start, start)
    # Earlier batches may have gone to another database, so each batch contains its schemas.
    schemas = b"".join(segment.schemas.values()) if start else b""
    return LogBatch(_report(segment), schemas + body, start, end, records)
