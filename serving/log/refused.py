"""Batches that the monitor refused permanently, one file each in the log's `refused/` folder.

A file holds the refused body with its schemas. After the cause is fixed, the file can be sent again unchanged:
`curl --data-binary @FILE -H 'Content-Type: application/vnd.credence.records' MONITOR/v1/records`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from serving.log.erasure import blank, erasures
from serving.records import Entry, RecordError, Schema, read

_FOLDER = "refused"


def keep(directory: Path, name: str, body: bytes) -> int:
    """Write one body to a separate file, and return its size."""
    folder = directory / _FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    _replace(folder / f"{name}.frames", body)
    return len(body)


def size(directory: Path) -> int:
    """The total size of all files in bytes."""
    return sum(path.stat().st_size for path in _files(directory))


def forget(directory: Path, client: int) -> int:
    """Erase a client's records, and return their number."""
    count = 0
    for path in _files(directory):
        content = bytearray(path.read_bytes())
        records = [each for each in erasures(_frames(content), client) if each]
        for erasure in records:
            content[erasure.start : erasure.start + erasure.length] = blank(erasure)
        if records:
            _replace(path, content)
        count += len(records)
    return count


def expire(directory: Path, before: float) -> int:
    """Delete files that were written before a Unix time, and return the number of their records."""
    count = 0
    for path in _files(directory):
        if path.stat().st_mtime < before:
            count += sum(not isinstance(entry, Schema) for _, _, entry in _frames(path.read_bytes()))
            path.unlink()
    return count


def _files(directory: Path) -> list[Path]:
    return sorted((directory / _FOLDER).glob("*.frames"))


def _frames(content: bytes | bytearray) -> Iterator[tuple[int, int, Entry]]:
    start = 0
    try:
        for end, entry in read(bytes(content)):
            yield start, end, entry
            start = end
    except RecordError:
        return


def _replace(path: Path, content: bytes | bytearray) -> None:
    """Replace a file atomically: if the process is killed, the old file remains."""
    draft = path.with_suffix(".draft")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
