"""A version is confirmed when it alone answers, seen from objects as the API sends them right after a rollout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from flows.clients.predictor import SMOKE_HEADER, check_replay, load_version
from flows.deploy import confirm
from flows.deploy.confirm import ServiceStanding, stand, strangers
from flows.errors import ClusterRefused, NotDeployed, Silent, Unconfirmed
from flows.machine.platform import Platform
from training.bundle import MODEL, Bundle

SERVICE = "credit-default-predictor"
ENDING = {"deletionTimestamp": "2026-05-04T12:00:00Z"}


def pod(name: str, url: str = "http://10.244.0.7:8080", **metadata: str) -> Any:
    """A pod that is ready; while it ends it says so until its container has left."""
    place = urlsplit(url)
    return {
        "metadata": {"name": name, "uid": f"uid of {name}", **metadata},
        "spec": {"containers": [{"name": "predictor", "ports": [{"name": "http", "containerPort": place.port}]}]},
        "status": {"podIP": place.hostname, "conditions": [{"type": "Ready", "status": "True"}]},
    }


def endpoint(name: str, **conditions: bool) -> Any:
    return {
        "addresses": ["10.244.0.7"],
        "conditions": conditions,
        "targetRef": {"kind": "Pod", "name": name, "uid": f"uid of {name}"},
    }


def piece(*endpoints: Any) -> Any:
    return {"addressType": "IPv4", "endpoints": list(endpoints)}


READY = {"ready": True, "serving": True, "terminating": False}
LEAVING = {"ready": False, "serving": True, "terminating": True}


@pytest.mark.parametrize(
    ("slices", "expected"),
    [
        ([piece(endpoint("new-1", **READY), endpoint("new-2", **READY))], None),
        ([piece(endpoint("new-1", **READY), endpoint("old-1", **LEAVING))], None),
        (
            [piece(endpoint("new-1", **READY)), piece(endpoint("old-1", **READY))],
            f"Service {SERVICE} to leave out old-1",
        ),
        ([piece(endpoint("new-1", **READY), endpoint("old-1"))], f"Service {SERVICE} to leave out old-1"),
        (
            [piece(endpoint("old-2", **READY), endpoint("old-1", **READY))],
            f"Service {SERVICE} to leave out old-1, old-2",
        ),
        ([piece(endpoint("old-1", **LEAVING))], f"Service {SERVICE} to have a pod that is ready"),
        ([{"addressType": "IPv4", "endpoints": None}], f"Service {SERVICE} to have a pod that is ready"),
        ([], f"Service {SERVICE} to have a pod that is ready"),
    ],
)
def test_slices_with_other_pods_are_waited_for(slices: Sequence[Any], expected: str | None) -> None:
    assert strangers(SERVICE, slices, [pod("new-1"), pod("new-2")]) == expected


def test_pods_of_the_past_are_others() -> None:
    new, old = pod("new-1"), pod("old-1", **ENDING)
    standing = stand([new, pod("new-2") | {"status": {}}], [new, old], [None, "Service x to leave out old-1"])
    assert standing == ServiceStanding([new], ["old-1"], "Service x to leave out old-1")


class Scene:
    """One predictor that plays every pod: it loads the version that the script says answers there next."""

    def __init__(
        self, platform: Platform, answers: dict[str, list[str]], *standings: ServiceStanding | Exception
    ) -> None:
        self._settings = platform.settings
        self._bundle = Bundle.open(platform.settings.models / "2")
        self._answers = answers
        self._standings = list(standings)
        self.said: list[str] = []

    def look(self) -> ServiceStanding:
        standing = self._standings.pop(0) if len(self._standings) > 1 else self._standings[0]
        if isinstance(standing, Exception):
            raise standing
        return standing

    def ask(self, place: str) -> int:
        script = self._answers[place]
        load_version(self._settings.admin_url, MODEL, script.pop(0) if len(script) > 1 else script[0])
        headers = {SMOKE_HEADER: "a-smoke-token-for-tests"}
        return check_replay(self._settings.predictor_url, "2", self._bundle, headers)

    def confirm(self, limit: float = 60.0) -> None:
        """Version 2, through a Service by the name of `service`."""
        confirm.confirm(self.look, self.ask, "service", limit, self.said.append)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here needs time to come to be."""
    monkeypatch.setattr(confirm, "_POLL_SECONDS", 0.0)
    monkeypatch.setattr(confirm, "_PAUSE_SECONDS", 0.0)


NEW = pod("new-1")
HERE = "http://10.244.0.7:8080"
BEHIND = ServiceStanding([NEW], ["old-1"], f"Service {SERVICE} to leave out old-1")
OVER = ServiceStanding([NEW], ["old-1"], None)
ALONE = ServiceStanding([NEW], [], None)


def test_old_pods_that_still_answer_are_waited_for(serving: Platform) -> None:
    """First the slices are behind, then the node's rules are: one answer in three comes from a pod that is ending."""
    scene = Scene(serving, {HERE: ["2"], "service": ["2", "2", "1", "1", "2"]}, BEHIND, OVER)
    scene.confirm()
    assert scene.said == [
        f"waiting for Service {SERVICE} to leave out old-1",
        f"waiting for the version alone to answer: version 1 answers at {serving.settings.predictor_url}, not 2",
    ]


def test_other_version_is_never_wrong(serving: Platform) -> None:
    scene = Scene(serving, {HERE: ["2"], "service": ["1"]}, OVER)
    with pytest.raises(Unconfirmed, match="it waits for the version alone to answer: version 1 answers at"):
        scene.confirm(limit=0.5)


def test_api_that_is_away_is_waited_for(serving: Platform) -> None:
    away = ClusterRefused("get Pod", "it does not answer: refused", 0)
    scene = Scene(serving, {HERE: ["2"], "service": ["2"]}, away, ALONE)
    scene.confirm()
    assert scene.said == [f"waiting for an answer: {away}"]
    with pytest.raises(ClusterRefused):
        Scene(serving, {}, ClusterRefused("get Pod", "forbidden", 403)).confirm()


def unload(serving: Platform) -> None:
    url = f"{serving.settings.admin_url}/v2/repository/models/{MODEL}/unload"
    httpx.post(url).raise_for_status()


def spoilt(serving: Platform) -> Callable[[str], int]:
    """Ask version 2, and compare what it answers with another bundle's replay."""
    bundle, url = Bundle.open(serving.settings.models / "1"), serving.settings.predictor_url
    load_version(serving.settings.admin_url, MODEL, "2")
    return lambda _: check_replay(url, "2", bundle, {SMOKE_HEADER: "a-smoke-token-for-tests"})


def test_wrong_answer_of_a_pod_is_a_fault(serving: Platform) -> None:
    with pytest.raises(NotDeployed, match="differently from its bundle"):
        confirm.confirm(lambda: OVER, spoilt(serving), "service", 60.0, print)


def test_wrong_answer_through_the_service_is_whose(serving: Platform) -> None:
    """While another pod of the same version exists, as after an upgrade, the wrong answer may be its own."""
    wrong = spoilt(serving)

    def ask(place: str) -> int:
        return 100 if place == HERE else wrong(place)

    with pytest.raises(Unconfirmed, match="it waits for old-1 to end: version 2 answers its 100 replay applications"):
        confirm.confirm(lambda: OVER, ask, "service", 0.5, print)
    with pytest.raises(NotDeployed, match="differently from its bundle"):
        confirm.confirm(lambda: ALONE, ask, "service", 60.0, print)


def test_silence_is_borne_for_a_while(serving: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    url = serving.settings.predictor_url
    bundle = Bundle.open(serving.settings.models / "1")
    headers = {SMOKE_HEADER: "a-smoke-token-for-tests"}
    served = {"silent": 2}

    def ask(_: str) -> int:
        served["silent"] -= 1
        if served["silent"] == 0:
            load_version(serving.settings.admin_url, MODEL, "1")
        return check_replay(url, "1", bundle, headers)

    unload(serving)
    said: list[str] = []
    confirm.confirm(lambda: ALONE, ask, "service", 60.0, said.append)
    assert said == [f'waiting for an answer: version 1 does not serve at {url}: {{"error":"no version is loaded"}}']
    unload(serving)
    monkeypatch.setattr(confirm, "_SILENT_SECONDS", 0.0)
    with pytest.raises(Silent, match="does not serve at"):
        confirm.confirm(lambda: ALONE, lambda place: check_replay(url, "1", bundle, headers), "service", 60.0, print)
