"""Files at an MLflow server's artifact endpoints, over plain HTTP; MLflow's database and registry are not needed."""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import time
import urllib.error
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

import msgspec

from training.bundle.manifest import BundleError

_API = "/api/2.0/mlflow-artifacts/artifacts"
_WAIT = 30.0
"""A server that sends no byte for so many seconds counts as unreachable."""
_LONGEST = 900.0
"""Seconds that the download of one file may take: the history of a million clients at 2 MB/s."""
_MOST_BYTES = 4 << 30
"""The largest file that is fetched."""
_MOST_LISTED, _MOST_FILES, _DEEPEST = 4 << 20, 1_000, 4
"""Limits: bytes of a listing, files in a folder, depth of folders. A bundle has about twenty files and `reports/`."""
_CHUNK = 1 << 20

LOGIN = "log in with MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or with MLFLOW_TRACKING_TOKEN"
"""How to log in at MLflow, for messages: the variables of MLflow's own client."""


class AwayError(BundleError):
    """MLflow does not answer, or the connection breaks; a later attempt may succeed."""


class _File(msgspec.Struct):
    path: str
    is_dir: bool = False
    file_size: int = 0


class _Listing(msgspec.Struct):
    files: list[_File] = []


class Artifacts(NamedTuple):
    """The endpoints of one server, with the login that MLflow's own variables hold.

    Methods raise BundleError; it is an AwayError if a later attempt may succeed.
    """

    root: str
    authorization: str | None

    def __str__(self) -> str:
        return f"{self.root} (CREDENCE_MLFLOW_URL)"

    @classmethod
    def at(cls, url: str, environment: Mapping[str, str] = os.environ) -> Artifacts:
        """The server at a URL, with the login that MLflow's own client takes from the same variables.

        Raises BundleError if the URL is not http or https with a host, or if it contains a user or a password.
        """
        try:
            parts = urlsplit(url)
            fine = parts.scheme in ("http", "https") and parts.hostname and url.isascii() and " " not in url
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            fine = False
        if not fine:
            raise BundleError("CREDENCE_MLFLOW_URL: expected http://HOST[:PORT] or https://…, got something else")
        if "@" in parts.netloc:
            raise BundleError(f"CREDENCE_MLFLOW_URL: expected no user and no password, got one: {LOGIN}")
        host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
        return cls(f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}", _authorization(environment))

    def sizes(self, folder: str) -> dict[str, int]:
        """The size in bytes of each file in a folder, by name; empty if the folder does not exist."""
        return {file.path: file.file_size for file in self._list(folder) if not file.is_dir}

    def walk(self, folder: str, below: str = "", depth: int = 0) -> Iterator[tuple[str, int]]:
        """Path and size of each file in a folder and its subfolders."""
        files = self._list(f"{folder}/{below}".rstrip("/"))
        if depth > _DEEPEST or len(files) > _MOST_FILES:
            raise BundleError(f"expected at most {_MOST_FILES} files in {_DEEPEST} folders in one another, found more")
        for file in files:
            if file.is_dir:
                yield from self.walk(folder, f"{below}{file.path}/", depth + 1)
            else:
                yield f"{below}{file.path}", file.file_size

    def get(self, path: str, to: Path, size: int) -> None:
        """Fetch a file whose listing states `size` bytes; on return the file is synced to disk."""
        if size > _MOST_BYTES:
            raise BundleError(f"{path} has {size} bytes, expected at most {_MOST_BYTES}")
        to.parent.mkdir(parents=True, exist_ok=True)
        with self._ask("GET", f"{_API}/{quote(path)}") as answer, to.open("wb") as file:
            _copy(answer, file, size)
            file.flush()
            os.fsync(file.fileno())
            if file.tell() != size:
                raise AwayError(f"{path} is torn: MLflow lists {size} bytes, {file.tell()} came")

    def put(self, path: str, file: Path) -> None:
        """Upload a file; it replaces a stored file with the same name."""
        with file.open("rb") as content:
            length = os.fstat(content.fileno()).st_size
            headers = {"Content-Type": "application/octet-stream", "Content-Length": str(length)}
            with self._ask("PUT", f"{_API}/{quote(path)}", content, headers) as answer:
                _read(answer)

    def _list(self, folder: str) -> list[_File]:
        with self._ask("GET", f"{_API}?path={quote(folder, safe='')}") as answer:
            content = b""
            while len(content) <= _MOST_LISTED and (part := _read(answer)):
                content += part
        try:
            files = msgspec.json.decode(content, type=_Listing).files
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BundleError(f"expected a listing of {folder} as MLflow gives it, got something else") from error
        for file in files:
            check_name(file.path)
        return files

    @contextlib.contextmanager
    def _ask(
        self, method: str, path: str, content: BinaryIO | None = None, headers: dict[str, str] | None = None
    ) -> Iterator[Any]:
        """Send a request and yield its response, which must be read inside the block."""
        request = Request(self.root + path, content, headers or {}, method=method)  # noqa: S310 - http or https, see `at`
        if self.authorization:
            request.add_unredirected_header(
                "Authorization", self.authorization
            )  # a redirect must not send it to another host
        try:
            answer = urlopen(request, timeout=_WAIT)  # noqa: S310 - as above
        except urllib.error.HTTPError as error:
            with error:
                raise _refused(error) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            raise AwayError(f"MLflow does not answer: {reason or type(error).__name__}") from error
        with answer:
            yield answer


def check_name(name: str) -> None:
    """Raise BundleError unless `name` is a plain file name.

    Otherwise a server's answer could choose where files are written.
    """
    if not name or name.startswith(".") or any(sign in '/\\:#?%"' or not sign.isprintable() for sign in name):
        raise BundleError(f"expected the name of a file, a model or a version, got {name!r}")


def _authorization(environment: Mapping[str, str]) -> str | None:
    """The header of a login; a user goes before a token, as in MLflow's client."""
    user, password = environment.get("MLFLOW_TRACKING_USERNAME"), environment.get("MLFLOW_TRACKING_PASSWORD")
    if user and password:
        return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"
    token = environment.get("MLFLOW_TRACKING_TOKEN")
    return f"Bearer {token}" if token else None


def _refused(error: urllib.error.HTTPError) -> BundleError:
    cause = " ".join(error.read(300).decode("utf-8", "replace").split())
    if error.code == 401:
        return BundleError(f"MLflow answers 401: {LOGIN}")
    if error.code == 403:
        return BundleError(
            f"MLflow answers 403: the user may not, or its MLFLOW_SERVER_ALLOWED_HOSTS lacks this host's name ({cause})"
        )
    if cause.startswith("<"):  # an HTML page, which does not name the cause
        cause = "its log says why, such as an object store that is away"
    kind = AwayError if error.code >= 500 or error.code == 429 else BundleError
    return kind(f"MLflow answers {error.code}: {cause}")


def _copy(answer: Any, file: BinaryIO, size: int) -> None:
    """Copy at most `size` bytes and one chunk; raise AwayError if it takes longer than _LONGEST."""
    end = time.monotonic() + _LONGEST
    while file.tell() <= size and (part := _read(answer)):
        file.write(part)
        if time.monotonic() > end:
            raise AwayError(f"{file.tell()} of {size} bytes came in {_LONGEST:.0f} seconds")


def _read(answer: Any) -> bytes:
    try:
        part: bytes = answer.read1(_CHUNK)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise AwayError(f"MLflow broke off: {str(error) or type(error).__name__}") from error
    return part
