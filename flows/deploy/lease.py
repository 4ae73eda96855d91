"""Mutual exclusion in a cluster: a Lease that its holder renews, and that another takes over when it does not.

Whoever holds it may be suspended, cut off or dead without knowing; so it asks `check` before it changes anything, and
a Lease is taken over only when its last renewal is older than it says.
"""

from __future__ import annotations

import socket
import threading
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

import msgspec

from flows.deploy.kube import Kube
from flows.errors import Busy, ClusterRefused

_API, _KIND = "coordination.k8s.io/v1", "Lease"
_ATTEMPTS = 5
"""At noting something, while the Lease is renewed now and then."""
_CONFLICTS = (404, 409)
"""Somebody else was faster: at removing it, or at changing it."""


class Lease:
    """Held while the block runs. Raises Busy on entering where another holds it, ClusterRefused."""

    def __init__(self, kube: Kube, name: str, owner: Mapping[str, Any], seconds: int = 30) -> None:
        """`owner` is the reference to the object that the Lease goes with; `seconds` it lasts without renewal."""
        self._kube = kube
        self._name = name
        self._owner = owner
        self._seconds = seconds
        self._holder = f"{socket.gethostname()} {uuid.uuid4().hex[:8]}"  # a pod's host name is its own
        self._until = 0.0
        self._ended = threading.Event()
        self._renewer = threading.Thread(target=self._keep_renewing, name="lease", daemon=True)

    def __enter__(self) -> Lease:
        self._take()
        self._renewer.start()
        return self

    def __exit__(self, kind: object, error: object, trace: TracebackType | None) -> None:
        self._ended.set()
        self._renewer.join()
        try:
            found = self._read()
            if found is not None and _holder(found) == self._holder:
                self._kube.replace(self._with(found, holder=None))
        except ClusterRefused:
            pass  # it expires

    def check(self) -> None:
        """Raises Busy if another may hold it by now."""
        if time.monotonic() > self._until:
            raise Busy(
                f"Lease {self._name} could not be renewed for {self._seconds} s, so another promotion may be at work"
            )

    def note(self, annotation: str, value: Any) -> None:
        """Keep something with the Lease, as JSON, for whoever holds it next."""
        for _ in range(_ATTEMPTS):
            found = self._read() or self._new()
            annotations = found["metadata"].get("annotations") or {}
            noted = {**annotations, annotation: msgspec.json.encode(value).decode()}
            try:
                self._kube.replace({**found, "metadata": {**found["metadata"], "annotations": noted}})
            except ClusterRefused as error:
                if error.status not in _CONFLICTS:
                    raise
            else:
                return

    def noted(self, annotation: str) -> Any:
        """What was kept; None where nothing was."""
        found = self._read() or {"metadata": {}}
        return msgspec.json.decode((found["metadata"].get("annotations") or {}).get(annotation, "null"))

    def _take(self) -> None:
        asked = time.monotonic()
        found = self._read()
        if found is not None and (other := _holder(found)) and not _is_expired(found):
            raise Busy(
                f"another promotion or rollback is at work: pod {other.partition(' ')[0]} holds Lease {self._name} "
                f"since {found['spec'].get('acquireTime')}; where that pod is dead it ends {self._seconds} s after it"
            )
        try:
            if found is None:
                self._kube.create(self._new())
            else:
                self._kube.replace(self._with(found, holder=self._holder, taken=True))
        except ClusterRefused as error:
            if error.status in _CONFLICTS:
                raise Busy(f"another promotion or rollback has just begun (Lease {self._name})") from error
            raise
        self._until = asked + self._seconds

    def _keep_renewing(self) -> None:
        while not self._ended.wait(self._seconds / 3):
            asked = time.monotonic()
            try:
                found = self._read()
                if found is None or _holder(found) != self._holder:
                    self._until = 0.0
                    return
                self._kube.replace(self._with(found, holder=self._holder))
                self._until = asked + self._seconds
            except ClusterRefused:
                continue  # `check` tells when it lasts too long

    def _read(self) -> dict[str, Any] | None:
        return self._kube.read(_API, _KIND, self._name)

    def _new(self) -> dict[str, Any]:
        metadata = {"name": self._name, "namespace": self._kube.namespace, "ownerReferences": [self._owner]}
        empty = {"apiVersion": _API, "kind": _KIND, "metadata": metadata, "spec": {}}
        return self._with(empty, holder=self._holder, taken=True)

    def _with(self, found: dict[str, Any], *, holder: str | None, taken: bool = False) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        spec = {**found.get("spec", {}), "holderIdentity": holder, "renewTime": now}
        if taken:
            spec |= {"acquireTime": now, "leaseDurationSeconds": self._seconds}
        return {**found, "spec": spec}


def _holder(lease: Mapping[str, Any]) -> str:
    return str(lease.get("spec", {}).get("holderIdentity") or "")


def _is_expired(lease: Mapping[str, Any]) -> bool:
    """By this machine's clock: machines of a cluster agree to seconds, and a Lease is renewed thrice in its time."""
    spec = lease["spec"]
    if "renewTime" not in spec:
        return True
    lasts = timedelta(seconds=spec.get("leaseDurationSeconds", 0))
    return datetime.now(UTC) > datetime.fromisoformat(spec["renewTime"]) + lasts
