"""The objects of a cluster that serve a version: apply them, wait until their pods are ready, find their pods."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from flows.deploy import rollout, template
from flows.deploy.confirm import SERVICE, ServiceStanding, stand, strangers
from flows.deploy.kube import Kube
from flows.deploy.template import Object, name_of
from flows.errors import ClusterRefused, NotDeployed
from flows.settings import PlatformSettings
from flows.steps import Say

_POLL_SECONDS = 1.0
_LINES = 5
"""Number of log lines that are shown of a container that cannot start."""


class Serving:
    """The objects of the chart's template in one namespace."""

    def __init__(self, settings: PlatformSettings, say: Say) -> None:
        self.kube = Kube(settings.namespace)
        self._settings = settings
        self._say = say

    def config(self) -> Object:
        """The ConfigMap with the template. Raises NotDeployed if there is none."""
        name = f"{self._settings.fullname}-serving"
        config = self.kube.read("v1", "ConfigMap", name)
        if config is None:
            raise NotDeployed(f"ConfigMap {name} is not in namespace {self._settings.namespace}: the chart makes it")
        return config

    def applied(self, annotation: str) -> str | None:
        """An annotation of the main object as it was last applied; None if there is none."""
        main = self._described()[0]
        applied = self.kube.read(main["apiVersion"], main["kind"], name_of(main)) or {"metadata": {}}
        value: str | None = (applied["metadata"].get("annotations") or {}).get(annotation)
        return value

    def documents(self, version: str, history: str | None) -> list[Object]:
        """The template's objects for a version, with the digest of the client history that it reads."""
        return template.fill(self.config(), version, history)

    def roll_out(self, documents: Sequence[Object]) -> None:
        """Apply a version's objects, and return when all its pods are ready.

        Raises NotDeployed, which says which object did not become ready, and why.
        """
        annotations, version = documents[0]["metadata"]["annotations"], template.version_of(documents)
        for document in reversed(documents):  # the main object last, because it determines the live version
            try:
                main = self.kube.apply(document)
            except ClusterRefused as error:
                raise NotDeployed(f"version {version} cannot be applied: {error}") from error
        marks = {name: annotations[name] for name in (template.VERSION, template.HISTORY) if name in annotations}
        self._wait(version, main, template.deployments(documents), marks)

    def remove(self) -> None:
        """Delete every object of the template, the main one last."""
        for document in reversed(self._described()):
            self.kube.delete(document)

    def ran(self, version: str) -> bool:
        """Whether pods of this namespace have served this version."""
        deployment = self._deployment(self.deployments()[0])
        sets = self._sets(deployment) if deployment is not None else []
        annotations = (each["spec"]["template"]["metadata"].get("annotations") or {} for each in sets)
        return any(each.get(template.VERSION) == version for each in annotations)

    def deployments(self) -> list[str]:
        """The names of the Deployments, the predictor's first."""
        return template.deployments(self._described())

    def count(self, name: str) -> tuple[int, int]:
        """How many pods of a Deployment are ready, and how many there should be."""
        deployment = self._deployment(name) or {}
        ready = deployment.get("status", {}).get("readyReplicas", 0)
        return int(ready), int(deployment.get("spec", {}).get("replicas", 0))

    def pods(self, names: Sequence[str]) -> list[Object]:
        """The pods of some Deployments that serve the objects applied last, ready or not."""
        deployments = [self._deployment(name) for name in names]
        return [
            pod
            for deployment in deployments
            if deployment is not None
            for pod in rollout.of(rollout.newest(deployment, self._sets(deployment)), self._pods(deployment))
        ]

    def standing(self) -> ServiceStanding:
        """The predictor's pods that answer now, and what the Services of all Deployments wait for."""
        pods = {name: self.pods([name]) for name in self.deployments()}
        waits = [strangers(name, self._slices(name), own) for name, own in pods.items()]
        predictor = next(iter(pods))
        return stand(pods[predictor], self.all_pods(predictor), waits)

    def all_pods(self, name: str) -> list[Object]:
        """All pods of a Deployment, also those of other versions and those that are ending."""
        deployment = self._deployment(name)
        return [] if deployment is None else self._pods(deployment)

    def _slices(self, service: str) -> list[Object]:
        return self.kube.list("discovery.k8s.io/v1", "EndpointSlice", {SERVICE: service})

    def _described(self) -> list[Object]:
        """The template's objects, to know their kinds and names; the version does not matter."""
        return self.documents("0", None)

    def _wait(self, version: str, main: Object, names: Sequence[str], marks: Mapping[str, str]) -> None:
        began, reported, limit = time.monotonic(), "", self._settings.deploy_seconds
        while (waits := self._waits_or_away(main, names, marks, time.monotonic() - began)) is not None:
            if waits != reported:
                self._say(f"waiting for {waits}")
                reported = waits
            if time.monotonic() - began > limit:
                raise NotDeployed(
                    f"version {version} is not ready after {limit:g} s (CREDENCE_DEPLOY_SECONDS): it waits for {waits}"
                )
            time.sleep(_POLL_SECONDS)

    def _waits_or_away(self, main: Object, names: Sequence[str], marks: Mapping[str, str], since: float) -> str | None:
        """What the rollout waits for, which may also be an answer of the API."""
        try:
            return self._waits(main, names, marks, since)
        except ClusterRefused as error:
            if not error.away:
                raise
            return f"an answer: {error}"

    def _waits(self, main: Object, names: Sequence[str], marks: Mapping[str, str], since: float) -> str | None:
        """The first thing that the rollout waits for; None if there is none. Raises NotDeployed."""
        service = None
        if main["kind"] == "InferenceService":
            service = self.kube.read(main["apiVersion"], main["kind"], name_of(main)) or main
            self._raise_for(rollout.unusable(service, since))
        for name in names:
            deployment = self._deployment(name)
            if (waits := rollout.waits(deployment, marks)) is not None:
                if deployment is not None and rollout.begun(deployment, marks):
                    newest = rollout.newest(deployment, self._sets(deployment))
                    self._raise_for(rollout.fault(newest, self._pods(deployment), datetime.now(UTC)))
                return f"Deployment {name}: {waits}"
        return None if service is None else rollout.unready(service)

    def _raise_for(self, fault: rollout.Fault | None) -> None:
        if fault is None:
            return
        why = fault.why
        if fault.container:
            try:
                written = self.kube.log(fault.pod, fault.container, _LINES).strip()
            except ClusterRefused:
                written = ""  # the container never started
            why += f". It wrote: {written}" if written else ""
        raise NotDeployed(why)

    def _deployment(self, name: str) -> Object | None:
        return self.kube.read("apps/v1", "Deployment", name)

    def _sets(self, deployment: Object) -> list[Object]:
        return self.kube.list("apps/v1", "ReplicaSet", deployment["spec"]["selector"]["matchLabels"])

    def _pods(self, deployment: Object) -> list[Object]:
        return self.kube.list("v1", "Pod", deployment["spec"]["selector"]["matchLabels"])
