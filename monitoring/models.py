"""The bundles that live versions are compared with, one folder a version."""

from __future__ import annotations

import os
from pathlib import Path

from monitoring.errors import UnreadyError
from monitoring.reference import Reference
from training.bundle import Bundle, BundleError

_KEPT = 2
"""References in memory: the live version's, and one whose outcomes still come."""


class Models:
    """References by version, fitted once; not to be shared between threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fitted: dict[str, Reference] = {}

    def reference(self, version: str) -> Reference:
        """Raises UnreadyError for a version whose bundle is not there or cannot be read."""
        fitted = self._fitted.pop(version, None) or self._fit(version)
        self._fitted = dict([*self._fitted.items()][1 - _KEPT :]) | {version: fitted}  # the last used at the end
        return fitted

    def _fit(self, version: str) -> Reference:
        path = self._folder / version
        if Path(version).name != version or not os.path.isdir(path):  # noqa: PTH112 - a name too long for a file is none
            raise UnreadyError(
                f"version {version}: expected its bundle in {self._folder}, got no such folder; "
                "CREDENCE_MONITOR_MODELS says where bundles are"
            )
        try:
            return Reference.of(Bundle.open(path))
        except BundleError as error:
            raise UnreadyError(f"version {version}: {error}") from error
