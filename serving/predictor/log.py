"""The prediction log: every answer is written here before it leaves, and stays until the monitor has it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from serving.records import Record, Schema


class LogFull(Exception):
    """There is no room for another answer: say 503 and not ready. It passes when shipping has freed space."""


class Log:
    """Segments in one directory, written by one process on one thread: its event loop's."""

    answered: int
    """Records appended by this process."""
    torn: int
    """Frames cut from what dead processes left."""
    expired: int
    """Records older than the retention that were deleted unshipped."""

    def __init__(
        self, directory: Path, *, segment_bytes: int = 64 << 20, limit_bytes: int = 1 << 30, retention_days: float = 30.0
    ) -> None:
        """Adopts what dead processes left in `directory`. A full disk does not raise; it makes `full` true."""
        raise NotImplementedError

    @property
    def full(self) -> bool:
        """Whether the next answer would be refused with LogFull."""
        raise NotImplementedError

    @property
    def bytes(self) -> int:
        """Size of all that is on disk."""
        raise NotImplementedError

    def lag(self) -> tuple[int, float]:
        """Records not acknowledged yet, and the age in seconds of the oldest of them (0.0 without any)."""
        raise NotImplementedError

    def schema(self, schema: Schema) -> str:
        """Make a schema known, once for each version served; returns its id, `Record.schema`."""
        raise NotImplementedError

    def next_ids(self, n: int) -> list[str]:
        """Ids for the next n records; an id never appended is a gap and harmless. Raises LogFull."""
        raise NotImplementedError

    def append(self, records: Sequence[Record]) -> None:
        """Write one answer's records with one system call. Raises LogFull, and then none of them is in the log."""
        raise NotImplementedError

    async def sync_forever(self) -> None:
        """The log's task: fdatasync, the next segment, retention; each second until cancelled."""
        raise NotImplementedError

    async def forget(self, client: int) -> int:
        """Erase a client's records from this log, synced to disk; returns how many. Yields to the loop as it goes."""
        raise NotImplementedError

    def close(self) -> None:
        """Sync and let go; what is not acknowledged waits for the next process."""
        raise NotImplementedError


def forget_in(directory: Path, client: int) -> int:
    """Erase a client's records from what dead processes left in `directory`; returns how many."""
    raise NotImplementedError
