"""How far a rollout is, read from objects of the cluster: what it waits for, or why it cannot end well.

A pod of the version before says nothing about this one, so only those of the newest ReplicaSet are looked at. What may
pass by itself (a first crash, an image that is not there at the first attempt) is waited for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flows.deploy.template import Object

_UNSCHEDULED_SECONDS = 60.0
"""A cluster that adds machines needs some time for it."""
_UNUSABLE_SECONDS = 30.0
"""KServe says of a new spec what was true of the last one until it has looked at it."""
_HOPELESS = (
    *("ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"),
    *("CreateContainerConfigError", "CreateContainerError", "RunContainerError"),
)
"""Reasons why a container waits that no waiting mends."""
_PORT = 8080
"""Of a container that names none."""
REVISION = "deployment.kubernetes.io/revision"


@dataclass(frozen=True)
class Fault:
    """Why a pod cannot come up."""

    why: str
    pod: str = ""
    container: str = ""
    """The one whose log may say more; empty where none began."""


def newest(deployment: Object, replica_sets: Sequence[Object]) -> Object | None:
    """The ReplicaSet of a Deployment's present template; None before there is one."""
    revision = _annotations(deployment).get(REVISION)
    uid = deployment["metadata"]["uid"]
    found = (one for one in replica_sets if _owner(one) == uid and _annotations(one).get(REVISION) == revision)
    return next(found, None)


def of(replica_set: Object | None, pods: Sequence[Object]) -> list[Object]:
    """Its pods that are not ending."""
    if replica_set is None:
        return []
    uid = replica_set["metadata"]["uid"]
    return [pod for pod in pods if _owner(pod) == uid and "deletionTimestamp" not in pod["metadata"]]


def begun(deployment: Object | None, expected: Mapping[str, str]) -> bool:
    """Whether the newest ReplicaSet is that of this rollout by now, and not of one before."""
    if deployment is None:
        return False
    annotations, status = _annotations(deployment["spec"]["template"]), deployment.get("status", {})
    given = all(annotations.get(name) == value for name, value in expected.items())
    return given and int(status.get("observedGeneration", 0)) >= int(deployment["metadata"]["generation"])


def waits(deployment: Object | None, expected: Mapping[str, str]) -> str | None:
    """What a rollout waits for, in words; None when it is over.

    `expected` are annotations of its pods; KServe gives them to a Deployment some time after it was told.
    """
    if deployment is None:
        return "to be made"
    if not begun(deployment, expected):
        return "to be changed"
    spec, status = deployment["spec"], deployment.get("status", {})
    wanted, updated = spec.get("replicas", 1), status.get("updatedReplicas", 0)
    if updated < wanted:
        return f"{wanted - updated} of {wanted} pods to be made"
    if (old := status.get("replicas", 0) - updated) > 0:
        return f"{updated} pods to be ready in place of {old} from before"
    if (ready := min(status.get("readyReplicas", 0), status.get("availableReplicas", 0))) < wanted:
        return f"{wanted - ready} of {wanted} pods to be ready"
    return None


def fault(replica_set: Object | None, pods: Sequence[Object], now: datetime) -> Fault | None:
    """Why the pods of a ReplicaSet cannot come up, as far as that is certain; None while they may."""
    for condition in _conditions(replica_set or {}):
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            return Fault(f"its pods cannot be made ({condition.get('reason')}): {condition.get('message')}")
    return next((found for pod in of(replica_set, pods) if (found := _fault(pod, now))), None)


def unusable(service: Object, since: float) -> Fault | None:
    """Why KServe makes nothing of an InferenceService that it has had for so many seconds; None while it may."""
    status = service.get("status", {}).get("modelStatus", {})
    if since < _UNUSABLE_SECONDS or status.get("transitionStatus") != "InvalidSpec":
        return None
    told = status.get("lastFailureInfo", {})
    return Fault(f"KServe refuses it ({told.get('reason', 'InvalidSpec')}): {told.get('message', 'it says no more')}")


def unready(service: Object) -> str | None:
    """What an InferenceService waits for by its own conditions, in words; None when it is ready.

    Whether KServe has noticed a change, its Deployments tell: in its own status `observedGeneration` is that of one of
    them, which a change beside it, a canary's for instance, leaves behind for ever.
    """
    conditions = {one["type"]: one for one in _conditions(service)}
    if conditions.get("Ready", {}).get("status") == "True":
        return None
    told = [
        f"{name}: {one.get('message') or one.get('reason')}"
        for name, one in conditions.items()
        if name != "Ready" and one["status"] != "True" and (one.get("message") or one.get("reason"))
    ]
    return f"KServe to say it is ready ({'; '.join(told) or 'it says nothing yet'})"


def restarts(pod: Object) -> int:
    """How often the containers of a pod were started anew."""
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    return sum(int(one.get("restartCount", 0)) for one in statuses)


def port(pod: Object) -> int:
    """Where its container listens that calls a port `http`."""
    ports = (each for container in pod["spec"]["containers"] for each in container.get("ports") or ())
    return next((int(each["containerPort"]) for each in ports if each.get("name") == "http"), _PORT)


def ready(pod: Object) -> bool:
    """Whether a pod says so itself."""
    return any(one["type"] == "Ready" and one["status"] == "True" for one in _conditions(pod))


def phase(pod: Object) -> str:
    """Whether it is ready, not ready or ending, in words."""
    if "deletionTimestamp" in pod["metadata"]:
        return "ending"
    return "ready" if ready(pod) else "not ready"


def _fault(pod: Object, now: datetime) -> Fault | None:
    name, status = pod["metadata"]["name"], pod.get("status", {})
    for condition in _conditions(pod):
        if condition["type"] == "PodScheduled" and condition.get("reason") == "Unschedulable":
            since = now - datetime.fromisoformat(condition["lastTransitionTime"])
            if since.total_seconds() > _UNSCHEDULED_SECONDS:
                return Fault(f"no node takes pod {name}: {condition.get('message')}", name)
    for kind, key in (("init container", "initContainerStatuses"), ("container", "containerStatuses")):
        for one in status.get(key) or ():
            if (why := _stuck(one)) is not None:
                return Fault(f"{kind} {one['name']} of pod {name} {why}", name, one["name"])
    return None


def _stuck(container: Object) -> str | None:
    """Why a container never runs; a first crash may pass, a second does not."""
    waiting = container.get("state", {}).get("waiting") or {}
    reason, message = waiting.get("reason"), waiting.get("message", "")
    if reason in _HOPELESS:
        return f"cannot be started ({reason}): {message}"
    if reason == "CrashLoopBackOff" and container.get("restartCount", 0) > 0:
        last = container.get("lastState", {}).get("terminated") or {}
        return f"ends again and again ({last.get('reason', 'Error')}, exit code {last.get('exitCode')})"
    return None


def _annotations(thing: Object) -> Mapping[str, str]:
    return thing.get("metadata", {}).get("annotations") or {}


def _conditions(thing: Object) -> Sequence[Object]:
    return thing.get("status", {}).get("conditions") or ()


def _owner(thing: Object) -> str | None:
    """The uid of the object that made it."""
    owners = thing["metadata"].get("ownerReferences") or ()
    return next((str(one["uid"]) for one in owners if one.get("controller")), None)
