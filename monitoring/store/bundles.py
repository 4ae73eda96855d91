"""The bundles that live versions are compared with, one folder per version. A missing bundle is fetched."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from monitoring.errors import UnreadyError
from monitoring.judging.reference import Reference
from training.bundle import MODEL, Bundle, BundleError, remote

_KEPT = 2
"""References in memory: the live version's, and that of an older version whose outcomes still arrive."""


class Bundles(NamedTuple):
    """The folder of the bundles, and the URL of the MLflow server to fetch missing ones from; "" for no server."""

    folder: Path
    url: str = ""

    def path(self, version: str) -> Path:
        """The folder of a version's bundle. Raises UnreadyError if it is missing and cannot be fetched."""
        path = self.folder / version
        # The version comes from a record, so it may be a path or too long for a file name. Such a name is never listed.
        if path in self.folder.glob("*"):
            return path
        if not self.url:
            raise UnreadyError(
                f"version {version}: expected its bundle in {self.folder}, got no such folder; "
                "CREDENCE_MONITOR_MODELS says where bundles are, CREDENCE_MLFLOW_URL where they are fetched from"
            )
        try:
            return remote.fetch(self.url, MODEL, version, self.folder)
        except BundleError as error:
            raise UnreadyError(str(error)) from error


class Models:
    """References by version, fitted once. Do not share them between threads."""

    def __init__(self, bundles: Bundles) -> None:
        self._bundles = bundles
        self._fitted = lru_cache(maxsize=_KEPT)(self._fit)

    def reference(self, version: str) -> Reference:
        """The reference of a version. Raises UnreadyError if its bundle cannot be fetched or read."""
        return self._fitted(version)

    def _fit(self, version: str) -> Reference:
        path = self._bundles.path(version)
        try:
            return Reference.of(Bundle.open(path))
        except BundleError as error:
            raise UnreadyError(f"version {version}: {error}") from error
