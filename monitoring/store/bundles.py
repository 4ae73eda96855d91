"""The bundles that live versions are compared with, one folder a version; fetched where they are not there yet."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from monitoring.errors import UnreadyError
from monitoring.judging.reference import Reference
from training.bundle import MODEL, Bundle, BundleError, remote

_KEPT = 2
"""References in memory: the live version's, and one whose outcomes still come."""


class Bundles(NamedTuple):
    """Where bundles are, and where they are fetched from: an MLflow's URL, or nowhere."""

    folder: Path
    url: str = ""

    def path(self, version: str) -> Path:
        """The folder of a version's bundle. Raises UnreadyError where it is not there and cannot be fetched."""
        path = self.folder / version
        if Path(version).name == version and os.path.isdir(path):  # noqa: PTH112 - a name too long for a file is none
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
    """References by version, fitted once; not to be shared between threads."""

    def __init__(self, bundles: Bundles) -> None:
        self._bundles = bundles
        self._fitted: dict[str, Reference] = {}

    def reference(self, version: str) -> Reference:
        """Raises UnreadyError for a version whose bundle cannot be had or read."""
        fitted = self._fitted.pop(version, None) or self._fit(version)
        self._fitted = dict([*self._fitted.items()][1 - _KEPT :]) | {version: fitted}  # the last used at the end
        return fitted

    def _fit(self, version: str) -> Reference:
        path = self._bundles.path(version)
        try:
            return Reference.of(Bundle.open(path))
        except BundleError as error:
            raise UnreadyError(f"version {version}: {error}") from error
