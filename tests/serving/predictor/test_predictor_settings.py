"""Settings come from the environment and from options, the option first."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.predictor.settings import PredictorSettings, read
from serving.process.settings import SECRETS, SettingsError


def test_promised_defaults() -> None:
    settings = read(["--models", "models"], {})
    assert settings == PredictorSettings(
        models=Path("models"),
        version="",
        model_name="",
        host="127.0.0.1",
        http_port=8080,
        admin_port=8079,
        log_directory=Path(".credence/log"),
        log_bytes=1 << 30,
        retention_days=30.0,
        monitor_url="",
        unknown="warn",
        history_days=7,
        body_bytes=8 << 20,
        body_seconds=10.0,
        drain_seconds=3.0,
        ship_seconds=10.0,
        access_log=False,
    )


def test_environment_sets() -> None:
    environment = {"CREDENCE_MODELS": "m", "CREDENCE_HTTP_PORT": "9", "CREDENCE_ACCESS_LOG": "true", "OTHER": "x"}
    settings = read([], environment)
    assert (settings.models, settings.http_port, settings.access_log) == (Path("m"), 9, True)


def test_option_wins() -> None:
    assert read(["--models", "m", "--http-port", "10"], {"CREDENCE_HTTP_PORT": "9"}).http_port == 10


def test_kserve_spellings_are_taken() -> None:
    settings = read(["--models", "m", "--http_port", "8080", "--model_name", "mine"], {})
    assert (settings.http_port, settings.model_name) == (8080, "mine")


def test_help_says_what_each_means(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read(["--help"], {})
    text = " ".join(capsys.readouterr().out.split())
    assert "Days that an unshipped record is kept. (CREDENCE_RETENTION_DAYS)" in text
    options = set(PredictorSettings.__struct_fields__) - SECRETS
    assert all(f"(CREDENCE_{name.upper()})" in text for name in options)


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        ({}, "models: expected a folder of versions"),
        ({"CREDENCE_MODELS": "m", "CREDENCE_HTTP_PORT": "many"}, r"CREDENCE_.*http_port"),
        ({"CREDENCE_MODELS": "m", "CREDENCE_HTTP_PORT": "65536"}, r"<= 65535.*http_port"),
        ({"CREDENCE_MODELS": "m", "CREDENCE_LOG_BYTES": "1000"}, r">= 134217728.*log_bytes"),
        ({"CREDENCE_MODELS": "m", "CREDENCE_BODY_SECONDS": "inf"}, r"<= 1000000.*body_seconds"),
        ({"CREDENCE_MODELS": "m", "CREDENCE_DRAIN_SECONDS": "-1"}, r">= 0.*drain_seconds"),
        ({"CREDENCE_MODELS": "m", "CREDENCE_UNKNOWN": "ignore"}, r"CREDENCE_.*ignore.*unknown"),
    ],
)
def test_unusable_setting_is_named(environment: dict[str, str], complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        read([], environment)
