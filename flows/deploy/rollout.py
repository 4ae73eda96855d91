"""The progress of a rollout, read from objects of the cluster: what it waits for, or why it cannot succeed.

Only pods of the newest ReplicaSet count, because pods of the previous version say nothing about this one. If a problem
may disappear (a first crash, an image that is missing at the first attempt), the rollout goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flows.deploy.template import Object

_UNSCHEDULED_SECONDS = 60.0
"""A cluster may need this time to add a machine."""
_UNUSABLE_SECONDS = 30.0
"""Until KServe has read a new spec, its status is that of the last spec."""
_HOPELESS = (
    *("ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"),
    *("CreateContainerConfigError", "CreateContainerError", "RunContainerError"),
)
"""Reasons of a waiting container that do not disappear with time."""
_PORT = 8080
"""Port of a container that names none."""
REVISION = "deployment.kubernetes.io/revision"


@dataclass(frozen=True)
class Fault:
    """Why a pod cannot become ready."""

    why: str
    pod: str = ""
    container: str = ""
    """The container whose log may say more; empty if none started."""


def newest(deployment: Object, replica_sets: Sequence[Object]) -> Object | None:
    """The ReplicaSet of a Deployment's present template; None if it does not exist yet."""
    revision = _annotations(deployment).get(REVISION)
    uid = deployment["metadata"]["uid"]
    matching = (each for each in replica_sets if _owner(each) == uid and _annotations(each).get(REVISION) == revision)
    return next(matching, None)


def of(replica_set: Object | None, pods: Sequence[Object]) -> list[Object]:
    """The ReplicaSet's pods that are not ending."""
    if replica_set is None:
        return []
    uid = replica_set["metadata"]["uid"]
    return [pod for pod in pods if _owner(pod) == uid and "deletionTimestamp" not in pod["metadata"]]


def begun(deployment: Object | None, expected: Mapping[str, str]) -> bool:
    """Whether the newest ReplicaSet belongs to this rollout already, and not to an earlier one."""
    if deployment is None:
        return False
    annotations, status = _annotations(deployment["spec"]["template"]), deployment.get("status", {})
    given = all(annotations.get(name) == value for name, value in expected.items())
    return given and int(status.get("observedGeneration", 0)) >= int(deployment["metadata"]["generation"])


def waits(deployment: Object | None, expected: Mapping[str, str]) -> str | None:
    """What a rollout waits for, as text; None when it is over.

    `expected` are annotations of its pods; KServe adds them to a Deployment some time after the change.
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
    """Why the pods of a ReplicaSet certainly cannot become ready; None while they still may."""
    for condition in _conditions(replica_set or {}):
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            return Fault(f"its pods cannot be made ({condition.get('reason')}): {condition.get('message')}")
    return next((problem for pod in of(replica_set, pods) if (problem := _fault(pod, now))), None)


def unusable(service: Object, since: float) -> Fault | None:
    """Why KServe refuses an InferenceService that it has had for `since` seconds; None while it may still accept it."""
    status = service.get("status", {}).get("modelStatus", {})
    if since < _UNUSABLE_SECONDS or status.get("transitionStatus") != "InvalidSpec":
        return None
    failure = status.get("lastFailureInfo", {})
    return Fault(
        f"KServe refuses it ({failure.get('reason', 'InvalidSpec')}): {failure.get('message', 'it says no more')}"
    )


def unready(service: Object) -> str | None:
    """What an InferenceService waits for, from its own conditions, as text; None when it is ready.

    Only the Deployments show whether KServe has noticed a change. The `observedGeneration` in the InferenceService's
    status is that of one Deployment, and stays behind for ever after another change, for instance of a canary.
    """
    conditions = {condition["type"]: condition for condition in _conditions(service)}
    if conditions.get("Ready", {}).get("status") == "True":
        return None
    messages = [
        f"{name}: {condition.get('message') or condition.get('reason')}"
        for name, condition in conditions.items()
        if name != "Ready" and condition["status"] != "True" and (condition.get("message") or condition.get("reason"))
    ]
    return f"KServe to say it is ready ({'; '.join(messages) or 'it says nothing yet'})"


def restarts(pod: Object) -> int:
    """How often the containers of a pod were restarted."""
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    return sum(int(container.get("restartCount", 0)) for container in statuses)


def port(pod: Object) -> int:
    """The port that is called `http` in a pod's containers."""
    ports = (each for container in pod["spec"]["containers"] for each in container.get("ports") or ())
    return next((int(each["containerPort"]) for each in ports if each.get("name") == "http"), _PORT)


def ready(pod: Object) -> bool:
    """Whether a pod has the condition Ready."""
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in _conditions(pod))


def phase(pod: Object) -> str:
    """Whether a pod is ready, not ready or ending, as text."""
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
        for container in status.get(key) or ():
            if (why := _stuck(container)) is not None:
                return Fault(f"{kind} {container['name']} of pod {name} {why}", name, container["name"])
    return None


def _stuck(container: Object) -> str | None:
    """Why a container will never run; a first crash may be temporary, a second is not."""
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
    """The uid of the object's controller."""
    owners = thing["metadata"].get("ownerReferences") or ()
    return next((str(owner["uid"]) for owner in owners if owner.get("controller")), None)
