"""Mutual exclusion in a cluster: the holder renews a Lease, and another process takes it over if it is not renewed.

A holder may be suspended or disconnected and not notice that. So it calls `check` before it changes anything. A Lease
is taken over only if its last renewal is older than its duration.
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
"""Attempts to write an annotation, because a renewal may change the Lease at the same time."""
_CONFLICTS = (404, 409)
"""Statuses of a write if another process deleted or changed the Lease first."""


class Lease:
    """A Lease that is held during the block. On entry, raises Busy if another process holds it, ClusterRefused."""

    def __init__(self, kube: Kube, name: str, owner: Mapping[str, Any], seconds: int = 30) -> None:
        """`owner` is a reference to the object with which the Lease is deleted; `seconds` is its duration."""
        self._kube = kube
        self._name = name
        self._owner = owner
        self._seconds = seconds
        self._holder = f"{socket.gethostname()} {uuid.uuid4().hex[:8]}"  # each pod has its own host name
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
            lease = self._read()
            if lease is not None and _holder(lease) == self._holder:
                self._kube.replace(self._with(lease, holder=None))
        except ClusterRefused:
            pass  # it expires

    def check(self) -> None:
        """Raises Busy if another process may hold the Lease by now."""
        if time.monotonic() > self._until:
            raise Busy(
                f"Lease {self._name} could not be renewed for {self._seconds} s, so another promotion may be at work"
            )

    def note(self, annotation: str, value: Any) -> None:
        """Store a value in an annotation of the Lease, as JSON, for the next holder."""
        for _ in range(_ATTEMPTS):
            lease = self._read() or self._new()
            annotations = lease["metadata"].get("annotations") or {}
            noted = {**annotations, annotation: msgspec.json.encode(value).decode()}
            try:
                self._kube.replace({**lease, "metadata": {**lease["metadata"], "annotations": noted}})
            except ClusterRefused as error:
                if error.status not in _CONFLICTS:
                    raise
            else:
                return

    def noted(self, annotation: str) -> Any:
        """The value that `note` stored in an annotation; None if there is none."""
        lease = self._read() or {"metadata": {}}
        return msgspec.json.decode((lease["metadata"].get("annotations") or {}).get(annotation, "null"))

    def _take(self) -> None:
        began = time.monotonic()
        lease = self._read()
        if lease is not None and (other := _holder(lease)) and not _is_expired(lease):
            raise Busy(
                f"another promotion or rollback is at work: pod {other.partition(' ')[0]} holds Lease {self._name} "
                f"since {lease['spec'].get('acquireTime')}; where that pod is dead it ends {self._seconds} s after it"
            )
        try:
            if lease is None:
                self._kube.create(self._new())
            else:
                self._kube.replace(self._with(lease, holder=self._holder, taken=True))
        except ClusterRefused as error:
            if error.status in _CONFLICTS:
                raise Busy(f"another promotion or rollback has just begun (Lease {self._name})") from error
            raise
        self._until = began + self._seconds

    def _keep_renewing(self) -> None:
        while not self._ended.wait(self._seconds / 3):
            began = time.monotonic()
            try:
                lease = self._read()
                if lease is None or _holder(lease) != self._holder:
                    self._until = 0.0
                    return
                self._kube.replace(self._with(lease, holder=self._holder))
                self._until = began + self._seconds
            except ClusterRefused:
                continue  # if this lasts too long, `check` raises

    def _read(self) -> dict[str, Any] | None:
        return self._kube.read(_API, _KIND, self._name)

    def _new(self) -> dict[str, Any]:
        metadata = {"name": self._name, "namespace": self._kube.namespace, "ownerReferences": [self._owner]}
        empty = {"apiVersion": _API, "kind": _KIND, "metadata": metadata, "spec": {}}
        return self._with(empty, holder=self._holder, taken=True)

    def _with(self, lease: dict[str, Any], *, holder: str | None, taken: bool = False) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        spec = {**lease.get("spec", {}), "holderIdentity": holder, "renewTime": now}
        if taken:
            spec |= {"acquireTime": now, "leaseDurationSeconds": self._seconds}
        return {**lease, "spec": spec}


def _holder(lease: Mapping[str, Any]) -> str:
    return str(lease.get("spec", {}).get("holderIdentity") or "")


def _is_expired(lease: Mapping[str, Any]) -> bool:
    """Whether a Lease has expired by this machine's clock.

    The clocks of a cluster's machines differ by seconds at most, and a Lease is renewed three times in its duration.
    """
    spec = lease["spec"]
    if "renewTime" not in spec:
        return True
    lasts = timedelta(seconds=spec.get("leaseDurationSeconds", 0))
    return datetime.now(UTC) > datetime.fromisoformat(spec["renewTime"]) + lasts
