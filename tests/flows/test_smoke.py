from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from flows.clients.predictor import SMOKE_HEADER, check_replay, load_version
from flows.errors import NotDeployed, OtherVersion
from flows.machine.platform import Platform
from training.bundle import Bundle


def test_live_version_is_proved(serving: Platform, live_version: Callable[[], str]) -> None:
    admin, models = serving.settings.admin_url, serving.settings.models
    assert check_replay(admin, "1", Bundle.open(models / "1")) == 100
    load_version(admin, "credit-default", "2")
    assert live_version() == "2"
    with pytest.raises(NotDeployed, match="differently from its bundle: probability by up to"):
        check_replay(admin, "2", Bundle.open(models / "1"))
    with pytest.raises(OtherVersion, match=r"version 2 answers at http.*, not 1"):
        check_replay(admin, "1", Bundle.open(models / "1"))
    with pytest.raises(NotDeployed, match="does not load version 9"):
        load_version(admin, "credit-default", "9")
    assert live_version() == "2"
    assert httpx.get(f"{serving.settings.monitor_url}/v1/status").json()["received"] == 0


def test_silent_predictor_is_not_deployed(toy_bundle, settings) -> None:
    with pytest.raises(NotDeployed, match="does not answer"):
        check_replay(settings.admin_url, "1", Bundle.open(toy_bundle))


def test_recorded_applications_are_no_proof(serving: Platform) -> None:
    """The port for applications records what is asked there without the token."""
    url, bundle = serving.settings.predictor_url, Bundle.open(serving.settings.models / "1")
    with pytest.raises(NotDeployed, match="recorded its replay applications at http:"):
        check_replay(url, "1", bundle)


def test_token_lets_them_be_answered_unrecorded(serving: Platform) -> None:
    url, bundle = serving.settings.predictor_url, Bundle.open(serving.settings.models / "1")
    assert check_replay(url, "1", bundle, {SMOKE_HEADER: "a-smoke-token-for-tests"}) == 100
