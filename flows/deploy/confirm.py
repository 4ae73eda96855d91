"""Whether a version alone answers, seen from the cluster's objects and from answers.

A rollout is over when the Deployment has its new pods and none of the old ones. Pods that are ending go on answering
for some seconds on purpose, and the Service's endpoints and the rules of every node follow later. Until then an answer
that came through the Service may be that of another pod.
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
"""Answers in a row that the version must give through the Service; each has a connection of its own."""
_PAUSE_SECONDS = 0.1
_POLL_SECONDS = 1.0
_SILENT_SECONDS = 60.0
"""How long a pod may be silent before its version has failed: on a busy node an answer can take seconds."""
SERVICE = "kubernetes.io/service-name"
"""Label of an EndpointSlice."""


@dataclass(frozen=True)
class ServiceStanding:
    """Who can answer at one moment."""

    pods: Sequence[Object]
    """Those of the version that are ready."""
    others: Sequence[str]
    """Names of further pods that exist: of what was live before, or ending."""
    waits: str | None
    """What the Services wait for; None if each sends requests to pods of the version alone."""


class Patience:
    """Who is silent, and since when."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def heard(self, name: str) -> None:
        """It answered."""
        self._since.pop(name, None)

    def bear(self, name: str, asked: float, error: Silent) -> None:
        """It did not answer what was asked at a monotonic time. Raises the error if that is too long ago."""
        if time.monotonic() - self._since.setdefault(name, asked) > _SILENT_SECONDS:
            raise error


def confirm(
    look: Callable[[], ServiceStanding], ask: Callable[[str], object], url: str, limit: float, say: Say
) -> None:
    """Return when each pod answered by itself, and then the Service at `url` with answers of the version alone.

    `ask` sends the replay applications to an address. An answer of another version means that the Service is not there
    yet. Raises NotDeployed for a wrong answer of the version and for its silence, Unconfirmed after `limit` seconds.
    """
    asked, patience, said = set[str](), Patience(), ""
    until = time.monotonic() + limit
    while (waits := _waits(look, ask, url, asked, patience)) is not None:
        if waits != said:
            say(f"waiting for {waits}")
            said = waits
        if time.monotonic() > until:
            raise Unconfirmed(f"after {limit:g} s (CREDENCE_DEPLOY_SECONDS) it waits for {waits}")
        time.sleep(_POLL_SECONDS)


def _waits(
    look: Callable[[], ServiceStanding], ask: Callable[[str], object], url: str, asked: set[str], patience: Patience
) -> str | None:
    """What is not confirmed yet; None when everything is."""
    try:
        standing = look()
    except ClusterRefused as error:
        if not error.away:
            raise
        return f"an answer: {error}"
    if not standing.pods:
        return "a pod to be ready"
    new = {address(pod): pod["metadata"]["uid"] for pod in standing.pods if pod["metadata"]["uid"] not in asked}
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
            # each pod of the version answered well by itself, so this is the answer of another one
            return f"{', '.join(standing.others)} to end: {error}"
        patience.heard(place)
        if place in new:
            asked.add(new[place])
        else:
            time.sleep(_PAUSE_SECONDS)
    return standing.waits


def strangers(service: str, slices: Iterable[Object], pods: Sequence[Object]) -> str | None:
    """What a Service waits for until it sends requests to these pods alone; None if it does.

    `slices` are its EndpointSlices. An endpoint without `conditions.ready` counts as ready, as the API defines it; one
    that is ending is not ready, and gets no requests while another one is.
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
    """The standing of the pods of a version among all of the Deployment's, with what each Service waits for."""
    own = {pod["metadata"]["uid"] for pod in pods}
    others = [name_of(pod) for pod in all_pods if pod["metadata"]["uid"] not in own]
    return ServiceStanding([pod for pod in pods if rollout.ready(pod)], others, next(filter(None, waits), None))


def address(pod: Object) -> str:
    """Where a pod answers by itself."""
    host, port = pod["status"]["podIP"], rollout.port(pod)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
