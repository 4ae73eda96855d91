"""Bundles and client histories below `served/` at MLflow: a promotion publishes them, a starting pod fetches them.

`bundle.json` is published last and looked for first: a version whose publication broke off is one that is not
published.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from training.bundle.artifacts import Artifacts, AwayError, check_name
from training.bundle.bundle import Bundle
from training.bundle.history import History
from training.bundle.manifest import BundleError

__all__ = ["AwayError", "fetch", "fetch_history", "publish", "publish_history"]

_LAST = "bundle.json"


def publish(url: str, path: Path, model: str, version: str) -> str:
    """Put a bundle where `fetch` finds it, and return that folder of the artifacts.

    Raises BundleError, which names url, version and what is wrong.
    """
    server = Artifacts.at(url)
    with _said(f"version {version} of {model} cannot be published at {server}"):
        folder = _folder(model, version)
        Bundle.open(path)
        server.sizes(folder)  # who is refused hears it before a file is under way
        files = sorted(file for file in path.rglob("*") if file.is_file())
        for file in sorted(files, key=lambda file: file == path / _LAST):
            server.put(f"{folder}/{file.relative_to(path).as_posix()}", file)
    return folder


def publish_history(url: str, path: Path, model: str) -> None:
    """Put a client history where `fetch_history` finds it, in place of the last one. Raises BundleError."""
    server = Artifacts.at(url)
    with _said(f"{path.name} of {model} cannot be published at {server}"):
        folder = _folder(model)
        server.sizes(folder)
        server.put(f"{folder}/{path.name}", path)


def fetch(url: str, model: str, version: str, models: Path) -> Path:
    """The version's folder in `models`, fetched unless it is there: complete and readable as a bundle, or not at all.

    Raises BundleError, which names url, version and what is wrong; it is an AwayError where that may pass.
    """
    server = Artifacts.at(url)
    with _said(f"version {version} of {model} cannot be fetched from {server}"):
        folder, target = _folder(model, version), models / version
        if not (target / _LAST).exists():
            with _beside(target) as unfinished:
                _download(server, folder, unfinished)
                Bundle.open(unfinished)
                _rename(unfinished, target)
    return target


def fetch_history(url: str, model: str, names: tuple[str, ...], models: Path) -> Path | None:
    """The client history for a list of features, fetched anew; None where none is published.

    Raises BundleError, as `fetch`; what was in `models` before is then still there.
    """
    if not names:
        return None
    server, target = Artifacts.at(url), History.path_for(models, names)
    with _said(f"{target.name} of {model} cannot be fetched from {server}"):
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
def _said(what: str) -> Iterator[None]:
    """Say of an error in the block what could not be done."""
    try:
        yield
    except BundleError as error:
        raise type(error)(f"{what}: {error}") from error
    except OSError as error:
        raise BundleError(f"{what}: {error}") from error


@contextlib.contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A folder on the same file system for what is not finished; what is left in it is removed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as folder:
        unfinished = Path(folder) / target.name
        unfinished.mkdir()
        yield unfinished


def _rename(unfinished: Path, target: Path) -> None:
    try:
        unfinished.rename(target)
    except OSError as error:
        if not (target / _LAST).exists():  # else another process was faster, with the same version
            raise BundleError(f"{target} is in the way ({error.strerror}): remove it if it is no bundle") from error
