"""Settings of a platform whose versions go live in a cluster."""

from __future__ import annotations

import pytest

from flows.errors import FlowError, PlatformSettingsError
from flows.settings import PlatformSettings, from_environment

CLUSTER = {
    "CREDENCE_SERVING": "cluster",
    "CREDENCE_NAMESPACE": "lending",
    "CREDENCE_FULLNAME": "credence",
    "CREDENCE_MLFLOW_URL": "http://credence-mlflow:5000",
    "CREDENCE_PREFECT_URL": "http://credence-prefect:4200",
    "CREDENCE_MONITOR_URL": "http://credence-monitor:8090",
    "CREDENCE_PREDICTOR_URL": "http://credit-default-predictor",
    "CREDENCE_SMOKE_TOKEN": "smoke-secret",
}


@pytest.mark.parametrize("name", sorted(CLUSTER.keys() - {"CREDENCE_SERVING"}))
def test_missing_setting_is_named(name: str) -> None:
    message = f"{name}: expected a value, as CREDENCE_SERVING is cluster, got ''"
    with pytest.raises(PlatformSettingsError, match=message):
        from_environment({**CLUSTER, name: ""})


def test_addresses_are_the_given_ones() -> None:
    settings = from_environment(CLUSTER)
    assert settings.monitor_url == "http://credence-monitor:8090"
    assert settings.predictor_url == "http://credit-default-predictor"
    assert (settings.explainer_url, settings.deploy_seconds) == ("http://127.0.0.1:8082", 600.0)


def test_secrets_are_never_written() -> None:
    settings = from_environment(CLUSTER | {"CREDENCE_MONITOR_TOKEN": "monitor-secret"})
    assert settings.monitor_headers == {"Authorization": "Bearer monitor-secret"}
    assert "-secret" not in f"{settings!r} {settings} {settings.environment}"
    assert PlatformSettings().monitor_headers == {}


def test_environment_says_the_same() -> None:
    settings = from_environment(CLUSTER)
    assert from_environment({**settings.environment, "CREDENCE_SMOKE_TOKEN": "smoke-secret"}).environment == (
        settings.environment
    )


def test_unknown_place_is_refused() -> None:
    with pytest.raises(PlatformSettingsError, match="CREDENCE_SERVING: expected one of local, cluster, got 'moon'"):
        from_environment({"CREDENCE_SERVING": "moon"})


def test_command_for_one_machine_says_so() -> None:
    with pytest.raises(FlowError, match="`credence up` is for one machine, and CREDENCE_SERVING is cluster: helm does"):
        from_environment(CLUSTER).only_here("`credence up`", "helm does")
    PlatformSettings().only_here("`credence up`", "helm does")
