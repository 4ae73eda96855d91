from __future__ import annotations

from pathlib import Path

import pytest

from flows.errors import PlatformSettingsError
from flows.settings import PlatformSettings, from_environment


def test_promised_defaults() -> None:
    settings = from_environment({})
    assert settings == PlatformSettings(mlflow_port=5000, monitor_port=8090, http_port=8080, admin_port=8079)
    assert settings.folder == Path.cwd() / ".credence"
    assert settings.registry_url == "http://127.0.0.1:5000"


def test_environment_is_read() -> None:
    settings = from_environment({"CREDENCE_HOME": "/state", "CREDENCE_HTTP_PORT": "81", "OTHER": "x"})
    assert (settings.models, settings.predictor_url) == (
        Path("/state/models/credit-default"),
        "http://127.0.0.1:81",
    )


@pytest.mark.parametrize("text", ["http", "0", "65536", "-1", "8080.0"])
def test_no_port_is_refused(text: str) -> None:
    with pytest.raises(PlatformSettingsError, match=f"CREDENCE_HTTP_PORT: expected a port, 1 to 65535, got '{text}'"):
        from_environment({"CREDENCE_HTTP_PORT": text})


def test_links_have_the_external_address() -> None:
    settings = PlatformSettings(
        mlflow_url="http://mlflow:5000",
        mlflow_external_url="https://example.com/mlflow/",
        prefect_url="http://prefect:4200",
        prefect_external_url="https://prefect.example.com",
        monitor_external_url="https://monitor.example.com",
    )
    assert (settings.registry_page, settings.registry_url) == ("https://example.com/mlflow", "http://mlflow:5000")
    assert settings.orchestrator_page == "https://prefect.example.com"
    assert settings.orchestrator_url == "http://prefect:4200"
    assert (settings.monitor_page, settings.monitor_url) == ("https://monitor.example.com", "http://127.0.0.1:8090")


@pytest.mark.parametrize(
    ("name", "login"), [("MLFLOW_URL", "MLFLOW_TRACKING_USERNAME"), ("PREFECT_URL", "PREFECT_API_AUTH_STRING")]
)
def test_password_in_an_address_is_refused(name: str, login: str) -> None:
    """Addresses are printed, in results and links."""
    with pytest.raises(PlatformSettingsError, match=f"CREDENCE_{name}: .*{login}") as caught:
        from_environment({f"CREDENCE_{name}": "https://me:secret@example.com"})
    assert "secret" not in str(caught.value)
