"""Shipping the prediction log to the monitor, in order, from the acknowledged position on.

HTTP is written directly to asyncio's streams, because only one kind of request is needed: a POST with a known length.
Only the status line of its response matters. A client library would be in the predictor's image only for this. The
client of the standard library blocks, so it would need a separate thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time

from serving.log.backlog import LogBatch
from serving.log.log import Log
from serving.log.post import PostReply, head, parse, target
from serving.records import SegmentReport

logger = logging.getLogger(__name__)

_MOST_BYTES, _MOST_RECORDS = 1 << 20, 500
_IDLE = 0.2
"""Seconds before an empty log is checked again."""
_HEARTBEAT = 5.0
"""Seconds between two reports of the numbers of answers, so that the monitor knows which records are missing."""
_TIMEOUT = 30.0
_MOST_ANSWER = 4096
"""Bytes of a response that are read; enough to log the error."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 30.0
_REFUSALS = (400, 413)
"""Statuses that mean that the batch itself is wrong; all other failures are temporary."""


class MonitorError(Exception):
    """The monitor answered with an error, so the records are not acknowledged."""

    def __init__(self, answer: PostReply) -> None:
        super().__init__(f"answered {answer.status}: {answer.text}" if answer.status else answer.text)


class Shipper:
    """Posts batches of frames to `<url>/v1/records`; one task on the event loop."""

    def __init__(self, log: Log, url: str, token: str = "") -> None:
        """Raises ValueError unless the URL is http or https with a host; an empty token is not sent."""
        self.shipped = 0
        """Records acknowledged by the monitor."""
        self.refused = 0
        """Records that the monitor refused permanently; they are in the log's `refused/` folder."""
        self.failures = 0
        """Failed attempts, which are repeated."""
        self._log = log
        self._monitor = target(url)
        self._token = token
        self._most_records = _MOST_RECORDS
        self._reported: dict[str, int] = {}
        self._next_report = 0.0
        self._turn = asyncio.Lock()
        self._away = False

    async def run(self) -> None:
        """Ship until cancelled; if the monitor does not answer, retry with growing pauses."""
        pause = _FIRST_PAUSE
        while True:
            try:
                busy = await self._step()
                pause = _FIRST_PAUSE
                if not busy:
                    await asyncio.sleep(_IDLE)
            except (OSError, MonitorError) as error:
                self._failed(error)
                # The pause is random, so that many predictors do not retry at the same moment.
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
                pause = min(2 * pause, _LONGEST_PAUSE)

    async def drain(self, seconds: float) -> bool:
        """Ship the remaining records after `run` was cancelled; return whether all were acknowledged in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ship_all()
        left = self._log.lag()[0]
        if left:
            logger.warning("%d records are not shipped yet; the next predictor on this directory will", left)
        return not left

    async def _ship_all(self) -> None:
        while self._log.lag()[0]:
            try:
                await self._step()
            except (OSError, MonitorError) as error:
                self._failed(error)
                await asyncio.sleep(_FIRST_PAUSE)

    async def _step(self) -> bool:
        """Ship one batch, with a report before it if one is due; return whether there was a batch."""
        async with self._turn:
            if time.monotonic() >= self._next_report:
                await self._report()
            batch = self._log.batch(_MOST_BYTES, self._most_records)
            if batch is not None:
                await self._ship(batch)
            return batch is not None

    async def _ship(self, batch: LogBatch) -> None:
        answer = await self._post(batch.report, batch.body)
        if answer.status // 100 == 2:
            self._log.acknowledge(batch)
            self.shipped += batch.records
            if self._away:
                logger.info("the monitor at %s takes records again", self._monitor.name)
            self._away = False
            self._most_records = min(2 * self._most_records, _MOST_RECORDS)
        elif answer.status not in _REFUSALS:
            raise MonitorError(answer)
        elif batch.records > 1:
            # Halve the batch until the wrong record is alone, so that only this record is refused.
            self._most_records = batch.records // 2
        else:
            logger.error("refused, in %s at byte %d: %s", batch.report.segment, batch.start, answer.text)
            self._log.set_aside(batch)
            self.refused += 1

    async def _report(self) -> None:
        """Report the number of answers of each segment if it has changed."""
        for report in self._log.reports():
            if self._reported.get(report.segment) != report.answered:
                answer = await self._post(report, b"")
                if answer.status // 100 != 2:
                    raise MonitorError(answer)
                self._reported[report.segment] = report.answered
        self._next_report = time.monotonic() + _HEARTBEAT

    async def _post(self, report: SegmentReport, body: bytes) -> PostReply:
        """Send one request on a new connection. Raises OSError; a timeout is an OSError too."""
        async with asyncio.timeout(_TIMEOUT):
            to = self._monitor
            reader, writer = await asyncio.open_connection(to.host, to.port, ssl=to.tls or None)
            try:
                writer.write(head(to, self._token, report, len(body)) + body)
                await writer.drain()
                return parse(await _read(reader))
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    def _failed(self, error: Exception) -> None:
        self.failures += 1
        if not self._away:
            reason = str(error) or type(error).__name__
            logger.warning("the monitor at %s does not take records: %s", self._monitor.name, reason)
        self._away = True


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readexactly(_MOST_ANSWER)
    except asyncio.IncompleteReadError as error:
        return error.partial
