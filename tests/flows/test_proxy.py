"""Behind a proxy: requests to this machine go directly, all others through the proxy."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from flows.errors import PlatformSettingsError
from flows.machine.platform import Platform
from flows.settings import PlatformSettings, bypass_proxy
from tests.proxies import Proxy, running_proxy

Behind = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with running_proxy() as proxy:
        yield proxy


@pytest.fixture
def behind(proxy: Proxy, settings: PlatformSettings, tmp_path: Path) -> Behind:
    """Run the command where all variables name the proxy, and nothing is excepted."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from flows.cli import main; main()", *arguments],
            env=proxy.environment | settings.environment | variables,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    return run


def test_own_processes_are_asked_directly(behind: Behind, platform: Platform, proxy: Proxy) -> None:
    up = behind("up", "--json")
    assert up.returncode == 0, up.stderr
    (monitor,) = (each for each in json.loads(up.stdout)["processes"] if each["name"] == "monitor")
    assert monitor["state"] == "ready"
    assert proxy.asked == []
    assert "127.0.0.1" in psutil.Process(monitor["pid"]).environ()["NO_PROXY"]  # it asks Prefect's server


@pytest.mark.parametrize(("host", "through"), [("127.0.0.1", False), ("registry.example.com", True)])
def test_registry_elsewhere_is_asked_through_the_proxy(
    behind: Behind, proxy: Proxy, platform: Platform, host: str, through: bool
) -> None:
    url = f"http://{host}:{platform.settings.mlflow_port}"
    status = behind("status", CREDENCE_MLFLOW_URL=url)
    assert f"MLflow does not answer at {url}" in status.stdout, status.stderr
    assert {line.split("/api")[0] for line in proxy.asked} == ({f"POST {url}"} if through else set())


@pytest.mark.parametrize("proxy_url", ["socks5://me:secret@127.0.0.1:1080", "socks4://h", "http://h:port", "http://"])
def test_unusable_proxy_is_refused(behind: Behind, proxy_url: str) -> None:
    status = behind("status", all_proxy=proxy_url)
    assert status.returncode == 1
    assert status.stderr.startswith("error: all_proxy: expected an HTTP proxy"), status.stderr
    assert "secret" not in status.stderr


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ({}, "localhost,127.0.0.1,::1"),
        ({"NO_PROXY": ".bank.example"}, ".bank.example,localhost,127.0.0.1,::1"),
        ({"NO_PROXY": "upper", "no_proxy": "lower"}, "lower,localhost,127.0.0.1,::1"),
        ({"no_proxy": "*"}, "*"),
    ],
)
def test_exceptions_are_kept(given: dict[str, str], after: str) -> None:
    environment = dict(given)
    bypass_proxy(environment)
    bypass_proxy(environment)
    assert environment == {"NO_PROXY": after, "no_proxy": after}


def test_proxy_without_a_scheme_is_accepted() -> None:
    bypass_proxy({"HTTP_PROXY": "proxy.bank.example:3128", "HTTPS_PROXY": ""})
    with pytest.raises(PlatformSettingsError, match="HTTPS_PROXY"):
        bypass_proxy({"HTTPS_PROXY": "proxy.bank.example:port"})
