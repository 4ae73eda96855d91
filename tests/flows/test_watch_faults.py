"""A version is watched by what its predictor counts: a fault of ours is seen, even where it is ready again."""

from __future__ import annotations

import httpx
import pytest

from flows.clients.predictor import Watched, load_version
from flows.errors import NotDeployed
from flows.machine.platform import Platform
from training.bundle import MODEL


@pytest.fixture
def watched(serving: Platform) -> Watched:
    watched = Watched(serving.settings.predictor_url, MODEL, "1")
    watched.look()
    return watched


def test_answers_are_no_faults(serving: Platform, watched: Watched) -> None:
    refused = httpx.post(f"{serving.settings.predictor_url}/v2/models/{MODEL}/infer", json={"inputs": []})
    assert refused.status_code == 400
    watched.look()


def test_fault_is_seen_afterwards(serving: Platform, watched: Watched) -> None:
    settings = serving.settings
    httpx.post(f"{settings.admin_url}/v2/repository/models/{MODEL}/unload").raise_for_status()
    failed = httpx.post(f"{settings.predictor_url}/v2/models/{MODEL}/infer", json={"inputs": []})
    load_version(settings.admin_url, MODEL, "1")
    assert failed.status_code == 503
    with pytest.raises(NotDeployed, match="answered 1 requests with a 5xx"):
        watched.look()
