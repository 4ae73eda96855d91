"""A version goes live in a cluster: the chart's template is filled in and applied.

The template describes Deployments, or an InferenceService from which KServe makes Deployments. Waiting, asking and
watching are the same for both. If a rollout hangs, the pods of the previous version still answer. If that version is
applied again, they go on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flows.clients.monitor import tell_live
from flows.clients.predictor import SMOKE_HEADER, Watched, check_replay, served_version
from flows.deploy import rollout, template
from flows.deploy.confirm import Patience, address, confirm
from flows.deploy.history import make_history
from flows.deploy.lease import Lease
from flows.deploy.objects import Serving
from flows.deploy.template import Object, name_of
from flows.errors import ClusterRefused, FlowError, NotDeployed, Silent, Unconfirmed
from flows.machine.platform import ProcessStatus
from flows.settings import PlatformSettings
from flows.steps import Say
from training.bundle import MODEL, Bundle, BundleError, History, remote
from training.registry import Registry

_POLL_SECONDS = 1.0
_APPLIED = "credence/applied"
"""Annotation of the Lease: the objects that were last rolled out with success."""


class Cluster:
    """The namespace in which the chart is installed, as a place for the live version."""

    def __init__(self, settings: PlatformSettings, registry: Registry, say: Say) -> None:
        self._settings = settings
        self._registry = registry
        self._say = say
        self._serving = Serving(settings, say)
        self._lease: Lease | None = None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold a Lease, which expires when its holder ends."""
        name, owner = f"{self._settings.fullname}-promotion", template.owner(self._serving.config())
        with Lease(self._serving.kube, name, owner) as self._lease:
            try:
                yield
            finally:
                self._lease = None

    def live(self) -> str | None:
        """The version in the applied object's annotation."""
        return self._serving.applied(template.VERSION)

    def deploy(self, version: str) -> None:
        """Publish a version with its client history, apply it, and return when all its pods are ready."""
        path = self._registry.download(version, self._settings.models)
        self._publish(version, path)
        self._publish_history(version, Bundle.open(path))
        documents = self._last(version) or self._described(version)
        self._held()
        self._serving.roll_out(documents)
        self._held().note(_APPLIED, documents)

    def prove(self, version: str) -> None:
        """Ask each pod directly, then the Service until only this version answers. No request is recorded."""
        bundle = Bundle.open(self._registry.download(version, self._settings.models))
        headers, model = {SMOKE_HEADER: self._settings.smoke_token}, self._settings.serving_name

        def ask(address: str) -> int:
            return check_replay(address, version, bundle, headers, model)

        limit = self._settings.deploy_seconds
        confirm(self._serving.standing, ask, self._settings.predictor_url, limit, self._say)
        self._say(f"version {version} alone answers, in each pod and through the Service, as it did in training")

    def watch(self, version: str) -> None:
        """Watch every pod for `watch_seconds`. A pod that is removed meanwhile is not a fault; a pod that dies is."""
        seconds = self._settings.watch_seconds
        self._say(f"watching version {version} for {seconds:g} s")
        until, model = time.monotonic() + seconds, self._settings.serving_name
        watched = {
            name_of(pod): Watched(address(pod), model, version) for pod in self._predictors() if rollout.ready(pod)
        }
        restarts, patience = self._restarts(), Patience()
        while True:
            try:
                silent = [name for name, each in watched.items() if not self._answers(name, each, patience)]
                for name, count in self._restarts().items():
                    if count > restarts.setdefault(name, count):
                        raise NotDeployed(f"a container of pod {name} died while version {version} was watched")
            except ClusterRefused as error:
                if not error.away or time.monotonic() > until + self._settings.deploy_seconds:
                    raise
            else:
                if time.monotonic() >= until and not silent:
                    return
            time.sleep(_POLL_SECONDS)

    def establish(self, version: str) -> None:
        """Tell the monitor. After a restart, the applied objects start again by themselves."""
        tell_live(self._settings, version, self._say)

    def withdraw(self) -> None:
        """Delete the applied objects."""
        self._held()
        self._serving.remove()

    def apply_template(self) -> bool:
        """Apply the live version with the present template; returns whether the template had changed.

        Raises NotDeployed if the objects do not become ready; then the last good objects are applied again.
        """
        version, digest = self.live(), template.digest(template.text(self._serving.config()))
        if version is None or self._serving.applied(template.TEMPLATE) == digest:
            return False
        self._say(f"the template has changed: applying it with version {version}")
        self._replace(version, self._described(version))
        return True

    def renew_history(self, path: Path) -> None:
        """Publish a client history, and restart every pod with it; each new pod is ready before an old one ends.

        Raises NotDeployed as `apply_template` does, BundleError.
        """
        version = self.live()
        self._say(f"publishing {path.name}")
        remote.publish_history(self._settings.registry_url, path, MODEL)
        if version is not None:
            documents = self._last(version) or self._described(version)
            self._replace(version, template.renewed(documents, template.digest(path.read_bytes())))

    def pods(self) -> dict[str, tuple[int, int]]:
        """How many pods of each Deployment are ready, and how many there should be."""
        return {name: self._serving.count(name) for name in self._serving.deployments()}

    def answers(self) -> list[ProcessStatus]:
        """The status of each pod, also of pods that are ending or that get no requests from a Service."""
        model = self._settings.serving_name
        return [
            ProcessStatus(name_of(pod), rollout.phase(pod), url := address(pod), None, served_version(url, model))
            for name in self._serving.deployments()
            for pod in self._serving.all_pods(name)
            if pod.get("status", {}).get("podIP")
        ]

    def _publish(self, version: str, path: Path) -> None:
        """Publish a version where pods fetch it. If that fails, a version that ran here before was published then."""
        self._say(f"publishing version {version}")
        try:
            remote.publish(self._settings.registry_url, path, MODEL, version)
        except BundleError as error:
            if not self._serving.ran(version):
                raise
            self._say(f"version {version} ran here before, so what was published of it then is used: {error}")

    def _publish_history(self, version: str, bundle: Bundle) -> None:
        names, models, url = bundle.manifest.history, self._settings.models, self._settings.registry_url
        if not names or self._serving.ran(version) or remote.fetch_history(url, MODEL, names, models) is not None:
            return
        path = History.path_for(models, names)
        if not path.exists():
            make_history(models, bundle.manifest, self._registry.version(version).source, self._say)
        if path.exists():
            self._say("publishing the client history")
            remote.publish_history(url, path, MODEL)

    def _answers(self, name: str, watched: Watched, patience: Patience) -> bool:
        """Whether a pod answers; True also for a pod that was removed meanwhile. Raises NotDeployed."""
        began = time.monotonic()
        try:
            watched.look()
        except NotDeployed as error:
            if all(name_of(pod) != name for pod in self._predictors()):
                return True
            if not isinstance(error, Silent):
                raise
            patience.bear(name, began, error)
            return False
        patience.heard(name)
        return True

    def _predictors(self) -> list[Object]:
        return self._serving.pods(self._serving.deployments()[:1])

    def _restarts(self) -> dict[str, int]:
        pods = self._serving.pods(self._serving.deployments())
        return {name_of(pod): rollout.restarts(pod) for pod in pods}

    def _replace(self, version: str, documents: Sequence[Object]) -> None:
        """Roll out other objects for the live version. If these do not become ready, apply the last good ones again."""
        self._held()
        try:
            self._serving.roll_out(documents)
            self.prove(version)
        except Unconfirmed:
            self._held().note(_APPLIED, documents)  # the objects became ready
            raise
        except NotDeployed as error:
            last = self._last(version)
            if last is not None:
                self._say(f"applying again what came up last, as {error}")
                self._serving.roll_out(last)
                self.prove(version)
            raise
        self._held().note(_APPLIED, documents)

    def _described(self, version: str) -> list[Object]:
        return self._serving.documents(version, self._serving.applied(template.HISTORY))

    def _last(self, version: str) -> list[Object] | None:
        """The last good objects of this version, maybe from an older template; None if there are none any more."""
        documents: list[Object] | None = self._held().noted(_APPLIED)
        if documents is None or self.live() is None or template.version_of(documents) != version:
            return None
        owner = template.owner(self._serving.config())
        return documents if documents[0]["metadata"]["ownerReferences"] == [owner] else None

    def _held(self) -> Lease:
        """The Lease. Raises Busy if another process may change the live version by now."""
        if self._lease is None:
            raise FlowError("the live version can be changed only while the Lease is held")
        self._lease.check()
        return self._lease
