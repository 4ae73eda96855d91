"""States of a cluster's objects, as the API tells them, in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from flows.deploy import rollout

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
MARKS = {"credence/version": "3"}
SET = {"metadata": {"uid": "set-2"}}


def deployment(generation: int = 2, wanted: int = 2, annotations: dict[str, str] = MARKS, **status: int) -> Any:
    spec = {"replicas": wanted, "template": {"metadata": {"annotations": annotations}}}
    return {"metadata": {"generation": generation, "uid": "d"}, "spec": spec, "status": status}


def pod(**status: Any) -> Any:
    owner = {"uid": "set-2", "controller": True}
    return {"metadata": {"name": "p-1", "ownerReferences": [owner]}, "status": status}


def waiting(because: str, restarts: int = 0, message: str = "the message", **last: Any) -> Any:
    state = {"waiting": {"reason": because, "message": message}}
    return {
        "name": "model",
        "restartCount": restarts,
        "state": state,
        "lastState": {"terminated": last} if last else {},
    }


DONE = {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (None, "to be made"),
        (deployment(annotations={}, **DONE), "to be changed"),
        (deployment(annotations={"credence/version": "2"}, **DONE), "to be changed"),
        (deployment(generation=3, **DONE), "to be changed"),
        (deployment(), "to be changed"),
        (deployment(observedGeneration=2, replicas=2), "2 of 2 pods to be made"),
        (deployment(**DONE | {"replicas": 3, "updatedReplicas": 1}), "1 of 2 pods to be made"),
        (deployment(**DONE | {"readyReplicas": 1}), "1 of 2 pods to be ready"),
        (deployment(**DONE | {"availableReplicas": 0}), "2 of 2 pods to be ready"),
        (deployment(**DONE | {"replicas": 3}), "2 pods to be ready in place of 1 from before"),
        (deployment(**DONE), None),
        (deployment(wanted=0, observedGeneration=2), None),
    ],
)
def test_waits_are_said(found: Any, expected: str | None) -> None:
    assert rollout.waits(found, MARKS) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"containerStatuses": [waiting("ImagePullBackOff")]}, "container model of pod p-1 cannot be started"),
        ({"containerStatuses": [waiting("CreateContainerConfigError")]}, "(CreateContainerConfigError): the message"),
        (
            {"containerStatuses": [waiting("CrashLoopBackOff", 1, reason="OOMKilled", exitCode=137)]},
            "container model of pod p-1 ends again and again (OOMKilled, exit code 137)",
        ),
        (
            {"initContainerStatuses": [waiting("CrashLoopBackOff", 1, reason="Error", exitCode=1)]},
            "init container model of pod p-1 ends again and again (Error, exit code 1)",
        ),
    ],
)
def test_stuck_container_is_told(status: Any, expected: str) -> None:
    fault = rollout.fault(SET, [pod(**status)], NOW)
    assert fault is not None
    assert expected in fault.why
    assert (fault.pod, fault.container) == ("p-1", "model")


@pytest.mark.parametrize("reason", ["ContainerCreating", "ErrImagePull", "CrashLoopBackOff"])
def test_container_that_may_still_start_is_no_fault(reason: str) -> None:
    assert rollout.fault(SET, [pod(containerStatuses=[waiting(reason)])], NOW) is None


@pytest.mark.parametrize(("since", "told"), [("2026-05-04T11:58:00Z", True), ("2026-05-04T11:59:30Z", False)])
def test_scheduler_is_quoted_after_a_while(since: str, told: bool) -> None:
    message = "0/1 nodes are available: 1 Insufficient memory."
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    fault = rollout.fault(SET, [pod(conditions=[condition | {"lastTransitionTime": since}])], NOW)
    assert (fault is not None) == told
    assert fault is None or fault.why == f"no node takes pod p-1: {message}"


def test_quota_is_quoted() -> None:
    message = 'pods "p-2" is forbidden: exceeded quota: small'
    condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}
    fault = rollout.fault(SET | {"status": {"conditions": [condition]}}, [], NOW)
    assert fault is not None
    assert fault.why == f"its pods cannot be made (FailedCreate): {message}"


def test_other_pods_are_no_fault() -> None:
    """Those of the version before, and those that end already."""
    stuck = pod(containerStatuses=[waiting("ImagePullBackOff")])
    ending = {**stuck, "metadata": stuck["metadata"] | {"deletionTimestamp": "2026-05-04T11:59:00Z"}}
    assert rollout.fault({"metadata": {"uid": "set-1"}}, [stuck], NOW) is None
    assert rollout.fault(SET, [ending], NOW) is None
    assert rollout.fault(None, [stuck], NOW) is None


def test_newest_set_has_the_revision() -> None:
    def made(uid: str, owner: str, revision: str) -> Any:
        annotations = {rollout.REVISION: revision}
        return {
            "metadata": {
                "uid": uid,
                "annotations": annotations,
                "ownerReferences": [{"uid": owner, "controller": True}],
            }
        }

    one = deployment() | {"metadata": {"uid": "d", "annotations": {rollout.REVISION: "7"}}}
    sets = [made("a", "d", "6"), made("b", "other", "7"), made("c", "d", "7")]
    assert rollout.newest(one, sets) == sets[2]
    assert rollout.newest(one, sets[:2]) is None


def service(**status: Any) -> Any:
    return {"metadata": {"generation": 4}, "status": status}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (service(), "KServe to say it is ready (it says nothing yet)"),
        (service(observedGeneration=3, conditions=[{"type": "Ready", "status": "True"}]), None),
        (
            service(
                conditions=[
                    {"type": "PredictorReady", "status": "False", "reason": "MinimumReplicasUnavailable"},
                    {"type": "Ready", "status": "False", "reason": "MinimumReplicasUnavailable"},
                ]
            ),
            "KServe to say it is ready (PredictorReady: MinimumReplicasUnavailable)",
        ),
    ],
)
def test_conditions_of_kserve_are_said(found: Any, expected: str | None) -> None:
    assert rollout.unready(found) == expected


def test_spec_that_kserve_refuses_is_told_after_a_while() -> None:
    told = {"reason": "RuntimeNotRecognized", "message": "no runtime credence"}
    found = service(modelStatus={"transitionStatus": "InvalidSpec", "lastFailureInfo": told})
    assert rollout.unusable(found, since=5) is None
    fault = rollout.unusable(found, since=60)
    assert fault is not None
    assert fault.why == "KServe refuses it (RuntimeNotRecognized): no runtime credence"
    assert rollout.unusable(service(), since=60) is None
