"""Files that were downloaded compressed: unpacked once a process, and removed when it ends."""

from __future__ import annotations

import gzip
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO

_DAMAGED = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)


class PackedError(Exception):
    """A file that cannot be unpacked, as what was expected and what was found."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.expected, self.found = expected, found


def unpack(path: Path) -> Path:
    """The file itself, or the CSV file that a `.gz` or `.zip` holds, in a folder of this process.

    Raises PackedError, or OSError if there is no room for it.
    """
    if path.suffix not in (".gz", ".zip"):
        return path
    status = path.stat()
    return _unpack(path.absolute(), status.st_mtime_ns, status.st_size)


@cache
def _unpack(path: Path, changed: int, size: int) -> Path:
    target = Path(tempfile.mkdtemp(dir=_folder().name)) / path.name.removesuffix(path.suffix)
    with _content(path) as content, target.open("wb") as file:
        while part := _read(content, path):
            file.write(part)
    return target


@contextmanager
def _content(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    if path.suffix == ".gz":
        with gzip.open(path) as content:
            yield content
        return
    with _open_zip(path) as archive:
        files = [each for each in archive.infolist() if not each.is_dir() and not each.filename.startswith("__MACOSX/")]
        if len(files) != 1:
            raise PackedError("one file in it", f"{len(files)}: {', '.join(each.filename for each in files[:3])}")
        if files[0].flag_bits & 1:
            raise PackedError("a zip file without a password", "one with a password")
        with archive.open(files[0]) as content:
            yield content


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise PackedError("a whole zip file", f"another format or a cut file ({error})") from error


def _read(content: IO[bytes] | gzip.GzipFile, path: Path) -> bytes:
    try:
        return content.read(1 << 20)
    except _DAMAGED as error:
        raise PackedError(f"a whole {path.suffix[1:]} file", f"another format or a cut file ({error})") from error


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Removed when the process ends."""
    return tempfile.TemporaryDirectory(prefix="credence-", ignore_cleanup_errors=True)
