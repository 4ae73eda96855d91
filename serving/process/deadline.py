"""One time limit for many waits. A separate timer per request would cost more than reading a small body."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


class Deadline:
    """Ends waits that take longer than `seconds`, with a delay of at most a quarter of it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        # The tasks are in the order of their ends, because all have the same time limit.
        self._ends: dict[asyncio.Task[object], float] = {}
        self._late: set[asyncio.Task[object]] = set()
        self._looking = False

    async def wait(self, work: Awaitable[T]) -> T:
        """The result of `work`. Raises TimeoutError if it takes too long; other cancellations are passed on."""
        task = asyncio.current_task()
        assert task is not None
        loop = task.get_loop()
        self._ends[task] = loop.time() + self.seconds
        if not self._looking:
            self._look_again(loop)
        try:
            return await work
        except asyncio.CancelledError:
            if task not in self._late or task.uncancel():
                raise
            raise TimeoutError from None
        finally:
            del self._ends[task]
            self._late.discard(task)

    def _look_again(self, loop: asyncio.AbstractEventLoop) -> None:
        self._looking = True
        loop.call_later(self.seconds / 4, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._looking = False
        now = loop.time()
        for task, end in self._ends.items():
            if end > now:
                break
            if task not in self._late:
                self._late.add(task)
                task.cancel()
        if self._ends:
            self._look_again(loop)
