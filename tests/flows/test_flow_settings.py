from __future__ import annotations

from pathlib import Path

import pytest

from flows.errors import SettingsError
from flows.settings import Settings, from_environment


def test_promised_defaults() -> None:
    settings = from_environment({})
    assert settings == Settings(mlflow_port=5000, monitor_port=8090, http_port=8080, admin_port=8079)
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
    with pytest.raises(SettingsError, match=f"CREDENCE_HTTP_PORT: expected a port, 1 to 65535, got '{text}'"):
        from_environment({"CREDENCE_HTTP_PORT": text})
