"""What keeps an explainer from starting is one message."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.explainer.settings import read
from serving.process.settings import SettingsError
from tests.ports import has_ipv6

ROOT = Path(__file__).parents[3]


def ended(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "serving.explainer", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_taken_port_names_its_setting(toy_bundle: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        done = ended("--models", str(toy_bundle), "--version", "1", "--http_port", port)
    assert done.returncode == 1
    assert f"port {port} of 127.0.0.1 is taken" in done.stderr
    assert "CREDENCE_EXPLAINER_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_defaults_are_kept() -> None:
    settings = read(["--models", "m"], {})
    assert (settings.host, settings.explainer_port, settings.version) == ("127.0.0.1", 8082, "")
    assert (settings.unknown, settings.history_days, settings.model_name) == ("warn", 7, "")


def test_kserves_arguments_are_accepted() -> None:
    arguments = ["--models", "m", "--model_name", "n", "--predictor_host", "h", "--http_port", "8080", "--workers", "2"]
    settings = read(arguments, {"CREDENCE_EXPLAINER_PORT": "1", "CREDENCE_HTTP_PORT": "2"})
    assert (settings.explainer_port, settings.model_name) == (8080, "n")


def test_port_has_its_own_variable() -> None:
    assert read(["--models", "m"], {"CREDENCE_EXPLAINER_PORT": "9", "CREDENCE_HTTP_PORT": "2"}).explainer_port == 9
    with pytest.raises(SettingsError, match="models: expected a folder of versions"):
        read([], {})


def test_prediction_log_is_not_imported() -> None:
    script = "import sys, serving.explainer.settings, serving.explainer.explainer; print(*sys.modules)"
    imported = subprocess.check_output([sys.executable, "-c", script], cwd=ROOT, text=True, timeout=60).split()
    assert "serving.version" in imported
    assert "serving.log.log" not in imported


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_both_families_are_answered(explainer: Any) -> None:
    assert httpx.get(f"http://127.0.0.1:{explainer.port}/v2/health/live").status_code == 200
    assert httpx.get(f"http://[::1]:{explainer.port}/v2/health/live").status_code == 200
