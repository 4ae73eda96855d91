"""Bundles and client histories below `served/` at MLflow: a promotion publishes them, a starting pod fetches them.

`publish` uploads `bundle.json` last, and `fetch` looks for it first. So a version whose upload was interrupted counts
as not published.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from training.bundle.artifacts import LOGIN, Artifacts, AwayError, check_name
from training.bundle.bundle import Bundle
from training.bundle.history import History
from training.bundle.manifest import BundleError

__all__ = ["LOGIN", "AwayError", "fetch", "fetch_history", "publish", "publish_history"]

_LAST = "bundle.json"


def publish(url: str, path: Path, model: str, version: str) -> str:
    """Upload a bundle to the folder that `fetch` reads, and return this folder's path among the artifacts.

    Raises BundleError with the URL, the version and the fault.
    """
    server = Artifacts.at(url)
    with _prefixed(f"version {version} of {model} cannot be published at {server}"):
        folder = _folder(model, version)
        Bundle.open(path)
        server.sizes(folder)  # a user without access gets the error before the first upload
        files = sorted(file for file in path.rglob("*") if file.is_file())
        for file in sorted(files, key=lambda file: file == path / _LAST):
            server.put(f"{folder}/{file.relative_to(path).as_posix()}", file)
    return folder


def publish_history(url: str, path: Path, model: str) -> None:
    """Upload a client history for `fetch_history`; it replaces the previous one. Raises BundleError."""
    server = Artifacts.at(url)
    with _prefixed(f"{path.name} of {model} cannot be published at {server}"):
        folder = _folder(model)
        server.sizes(folder)
        server.put(f"{folder}/{path.name}", path)


def fetch(url: str, model: str, version: str, models: Path) -> Path:
    """Fetch the version into a folder in `models`, unless the folder exists, and return the folder.

    The folder appears only when it is complete and readable as a bundle. Raises BundleError with the URL, the version
    and the fault; it is an AwayError if a later attempt may succeed.
    """
    server = Artifacts.at(url)
    with _prefixed(f"version {version} of {model} cannot be fetched from {server}"):
        folder, target = _folder(model, version), models / version
        if not (target / _LAST).exists():
            with _beside(target) as unfinished:
                _download(server, folder, unfinished)
                Bundle.open(unfinished)
                _rename(unfinished, target)
    return target


def fetch_history(url: str, model: str, names: tuple[str, ...], models: Path) -> Path | None:
    """Fetch the client history for a list of features, always from the server; None if none is published.

    Raises BundleError, as `fetch`; the previous file in `models` is then unchanged.
    """
    if not names:
        return None
    server, target = Artifacts.at(url), History.path_for(models, names)
    with _prefixed(f"{target.name} of {model} cannot be fetched from {server}"):
        folder = _folder(model)
        size = server.sizes(folder).get(target.name)
        if size is None:
            return None
        with _beside(target) as unfinished:
            file = unfinished / target.name
            server.get(f"{folder}/{target.name}", file, size)
            History.open(file, names)
            file.rename(target)
    return target


def _folder(*names: str) -> str:
    for name in names:
        check_name(name)
    return "/".join(("served", *names))


def _download(server: Artifacts, folder: str, to: Path) -> None:
    files = dict(server.walk(folder))
    if _LAST not in files:
        raise BundleError("it is not published there; `credence promote` publishes a version when it puts it live")
    for name, size in files.items():
        server.get(f"{folder}/{name}", to / name, size)


@contextlib.contextmanager
def _prefixed(message: str) -> Iterator[None]:
    """Put `message` before the text of an error raised in the block."""
    try:
        yield
    except BundleError as error:
        raise type(error)(f"{message}: {error}") from error
    except OSError as error:
        raise BundleError(f"{message}: {error}") from error


@contextlib.contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A temporary folder on the target's file system for unfinished files; leftovers are removed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as folder:
        unfinished = Path(folder) / target.name
        unfinished.mkdir()
        yield unfinished


def _rename(unfinished: Path, target: Path) -> None:
    try:
        unfinished.rename(target)
    except OSError as error:
        if not (target / _LAST).exists():  # if it exists, another process fetched the same version first
            raise BundleError(f"{target} is in the way ({error.strerror}): remove it if it is not a bundle") from error
