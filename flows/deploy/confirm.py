"""Confirms that only one version answers, from the cluster's objects and from answers.

A rollout is over when the Deployment has all its new pods and no old ones. But pods that are ending still answer for
some seconds on purpose, and the Service's endpoints and the rules of every node change later. Until then, an answer
through the Service may come from another pod.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from flows.deploy import rollout
from flows.deploy.template import Object, name_of
from flows.errors import ClusterRefused, NotDeployed, OtherVersion, Silent, Unconfirmed
from flows.steps import Say

_RUN = 20
"""Answers in a row that the version must give through the Service; each uses a new connection."""
_PAUSE_SECONDS = 0.1
_POLL_SECONDS = 1.0
_SILENT_SECONDS = 60.0
"""Seconds for which a pod may be silent before its version has failed: on a busy node, an answer can take seconds."""
SERVICE = "kubernetes.io/service-name"
"""Label of an EndpointSlice."""


@dataclass(frozen=True)
class ServiceStanding:
    """The pods that can answer at one moment."""

    pods: Sequence[Object]
    """Ready pods of the version."""
    others: Sequence[str]
    """Names of other pods that exist: pods of the previous version, or pods that are ending."""
    waits: str | None
    """What the Services wait for; None if each sends requests only to pods of the version."""


class Patience:
    """Keeps which pods are silent, and since when."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def heard(self, name: str) -> None:
        """Note that a pod answered."""
        self._since.pop(name, None)

    def bear(self, name: str, began: float, error: Silent) -> None:
        """Note that a pod did not answer a request of the monotonic time `began`.

        Raises the error if the pod has been silent for too long.
        """
        if time.monotonic() - self._since.setdefault(name, began) > _SILENT_SECONDS:
            raise error


def confirm(
    look: Callable[[], ServiceStanding], ask: Callable[[str], object], url: str, limit: float, say: Say
) -> None:
    """Return when each pod has answered directly, and then the Service at `url` with answers of only this version.

    `ask` sends the replay applications to an address. An answer of another version means that the Service is not ready
    yet. Raises NotDeployed if the version answers wrongly or is silent, Unconfirmed after `limit` seconds.
    """
    confirmed, patience, reported = set[str](), Patience(), ""
    until = time.monotonic() + limit
    while (waits := _waits(look, ask, url, confirmed, patience)) is not None:
        if waits != reported:
            say(f"waiting for {waits}")
            reported = waits
        if time.monotonic() > until:
            raise Unconfirmed(f"after {limit:g} s (CREDENCE_DEPLOY_SECONDS) it waits for {waits}")
        time.sleep(_POLL_SECONDS)


def _waits(
    look: Callable[[], ServiceStanding], ask: Callable[[str], object], url: str, confirmed: set[str], patience: Patience
) -> str | None:
    """What is not confirmed yet; None if everything is."""
    try:
        standing = look()
    except ClusterRefused as error:
        if not error.away:
            raise
        return f"an answer: {error}"
    if not standing.pods:
        return "a pod to be ready"
    new = {address(pod): pod["metadata"]["uid"] for pod in standing.pods if pod["metadata"]["uid"] not in confirmed}
    through = [url] * _RUN if standing.waits is None else []
    for place in [*new, *through]:
        began = time.monotonic()
        try:
            ask(place)
        except Silent as error:
            patience.bear(place, began, error)
            return f"an answer: {error}"
        except OtherVersion as error:
            return f"the version alone to answer: {error}"
        except NotDeployed as error:
            if place in new or not standing.others:
                raise
            # Each pod of the version has answered correctly, so this answer is from another pod.
            return f"{', '.join(standing.others)} to end: {error}"
        patience.heard(place)
        if place in new:
            confirmed.add(new[place])
        else:
            time.sleep(_PAUSE_SECONDS)
    return standing.waits


def strangers(service: str, slices: Iterable[Object], pods: Sequence[Object]) -> str | None:
    """What a Service waits for until it sends requests only to these pods; None if it does so already.

    `slices` are its EndpointSlices. An endpoint without `conditions.ready` counts as ready, as the API defines it. An
    endpoint that is ending is not ready, and gets no requests while another endpoint is ready.
    """
    expected = {pod["metadata"]["uid"] for pod in pods}
    targets = [
        endpoint.get("targetRef") or {}
        for each in slices
        for endpoint in each.get("endpoints") or ()
        if (endpoint.get("conditions") or {}).get("ready") in (True, None)
    ]
    others = sorted(str(target.get("name")) for target in targets if target.get("uid") not in expected)
    if others:
        return f"Service {service} to leave out {', '.join(others)}"
    return None if targets else f"Service {service} to have a pod that is ready"


def stand(pods: Sequence[Object], all_pods: Sequence[Object], waits: Iterable[str | None]) -> ServiceStanding:
    """The standing of a version's pods among all pods of the Deployment; `waits` is from each Service."""
    own = {pod["metadata"]["uid"] for pod in pods}
    others = [name_of(pod) for pod in all_pods if pod["metadata"]["uid"] not in own]
    return ServiceStanding([pod for pod in pods if rollout.ready(pod)], others, next(filter(None, waits), None))


def address(pod: Object) -> str:
    """The URL at which a pod answers directly."""
    host, port = pod["status"]["podIP"], rollout.port(pod)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
