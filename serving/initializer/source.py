"""`mlflow://RELEASE.NAMESPACE/MODEL/VERSION`: how a pod is told what it serves."""

from __future__ import annotations

import re
from typing import NamedTuple

_URI = re.compile(r"mlflow://[a-z0-9.-]+/(?P<model>[A-Za-z0-9][A-Za-z0-9._-]*)/(?P<version>[0-9]{1,18})/?")


class SourceError(Exception):
    """What was asked for is no version of a model."""


class StorageSource(NamedTuple):
    """A version; which release's MLflow has it is said by CREDENCE_MLFLOW_URL, the URI only tells releases apart."""

    model: str
    version: str

    @classmethod
    def parse(cls, uri: str) -> StorageSource:
        """Raises SourceError for anything but a numbered version: what an alias names would change under the pod."""
        found = _URI.fullmatch(uri)
        if found is None:
            raise SourceError(f"expected mlflow://RELEASE.NAMESPACE/MODEL/VERSION with a version's number, got {uri!r}")
        return cls(**found.groupdict())
