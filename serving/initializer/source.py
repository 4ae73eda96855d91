"""`mlflow://RELEASE.NAMESPACE/MODEL/VERSION`: the URI that names the version a pod serves."""

from __future__ import annotations

import re
from typing import NamedTuple

_URI = re.compile(r"mlflow://[a-z0-9.-]+/(?P<model>[A-Za-z0-9][A-Za-z0-9._-]*)/(?P<version>[0-9]{1,18})/?")


class SourceError(Exception):
    """The URI does not name a version of a model."""


class StorageSource(NamedTuple):
    """A version. CREDENCE_MLFLOW_URL is the address of MLflow; the URI's release is only for people."""

    model: str
    version: str

    @classmethod
    def parse(cls, uri: str) -> StorageSource:
        """Raises SourceError unless the version is a number, because an alias could move while the pod runs."""
        match = _URI.fullmatch(uri)
        if match is None:
            raise SourceError(f"expected mlflow://RELEASE.NAMESPACE/MODEL/VERSION with a version's number, got {uri!r}")
        return cls(**match.groupdict())
