"""The settings of the platform, on this machine or in a cluster."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from flows.errors import FlowError, PlatformSettingsError
from training.bundle import remote

PREFIX = "CREDENCE_"
SECRETS = ("monitor_token", "smoke_token")
"""Settings that are never written, neither to another process's settings nor to a log."""
_OF_A_CLUSTER = (
    *("namespace", "fullname", "mlflow_url", "prefect_url", "monitor_address", "predictor_address", "smoke_token"),
)
"""Settings that are required if versions go live in a cluster."""
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


class PlatformSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Each field is read from the environment variable `CREDENCE_` plus its name in capitals."""

    home: str = ".credence"
    """The state folder: data, versions, records, logs."""
    mlflow_url: str = ""
    """URL of the registry; if empty, the one that `credence up` starts."""
    mlflow_external_url: str = ""
    """URL of the registry's pages for a browser; if empty, the same as for programs."""
    mlflow_port: int = 5000
    monitor_address: str = msgspec.field(default="", name="monitor_url")
    """URL of the monitor; if empty, the one that `credence up` starts."""
    monitor_external_url: str = ""
    """URL of the monitor's review pages for a browser; if empty, the same as for programs."""
    monitor_port: int = 8090
    predictor_address: str = msgspec.field(default="", name="predictor_url")
    """URL of the predictor; if empty, the one on this machine."""
    http_port: int = 8080
    """The predictor's port for the Open Inference Protocol."""
    admin_port: int = 8079
    """The predictor's port for loading a version and forgetting a client."""
    explainer_address: str = msgspec.field(default="", name="explainer_url")
    """URL of the explainer; if empty, the one on this machine."""
    explainer_port: int = 8082
    prefect_port: int = 4200
    prefect_url: str = ""
    """URL of the Prefect server, without `/api`; if empty, the one that `credence up` starts, with a worker."""
    prefect_external_url: str = ""
    """URL of Prefect's pages for a browser; if empty, the same as for programs."""
    approval: Literal["required", "automatic"] = "required"
    """Whether a person must agree before a version from a schedule or a verdict goes live."""
    watch_seconds: float = 10.0
    """How long a version that just went live is watched before it becomes champion."""
    retrain_cron: str = ""
    """A cron schedule for retraining, in addition to the verdicts; empty for none."""
    monitor_token: str = ""
    """Token that the monitor requires for a write; empty if it requires none."""
    smoke_token: str = ""
    """Token for an application that is answered without a record; a predictor in a cluster requires it."""

    explainer_python: str = ""
    """The explainer's interpreter; if empty, the one in `.venv-explainer` beside the environment that runs this."""

    serving: Literal["local", "cluster"] = "local"
    """Where versions go live: as processes on this machine, or in the cluster in which the chart is installed."""
    namespace: str = ""
    """The cluster's namespace that contains the platform."""
    fullname: str = ""
    """Prefix of the names of the chart's objects."""
    serving_name: str = "credit-default"
    """Name of the InferenceService, or of the Deployments without `-predictor` and `-explainer`."""
    deploy_seconds: float = 600.0
    """How long it may take until all of a version's pods in the cluster are ready."""
    run_template: str = ""
    """The Job manifest of a run in the cluster, a YAML file with Prefect's placeholders; the worker reads it."""

    def __repr__(self) -> str:
        shown = {name: getattr(self, name) for name in self.__struct_fields__ if name not in SECRETS}
        return f"PlatformSettings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    @property
    def folder(self) -> Path:
        """The state folder as an absolute path, because our processes run in other folders."""
        return Path(self.home).absolute()

    @property
    def models(self) -> Path:
        """Folder of the versions that were or are live here, and of the client history."""
        return self.folder / "models" / "credit-default"

    @property
    def registry_url(self) -> str:
        """URL of the registry in use."""
        return self.mlflow_url or local_url(self.mlflow_port)

    @property
    def registry_page(self) -> str:
        """Beginning of a link to the registry's pages."""
        return _page(self.mlflow_external_url, self.registry_url)

    @property
    def monitor_url(self) -> str:
        """URL of the monitor, which receives the predictor's records."""
        return self.monitor_address or local_url(self.monitor_port)

    @property
    def monitor_page(self) -> str:
        """Beginning of a link to the monitor's pages."""
        return _page(self.monitor_external_url, self.monitor_url)

    @property
    def monitor_headers(self) -> dict[str, str]:
        """Headers of each request to the monitor: the token, if there is one."""
        return {"Authorization": f"Bearer {self.monitor_token}"} if self.monitor_token else {}

    @property
    def predictor_url(self) -> str:
        """URL of the predictor, which answers applications."""
        return self.predictor_address or local_url(self.http_port)

    @property
    def explainer_url(self) -> str:
        """URL of the explainer, which explains decisions."""
        return self.explainer_address or local_url(self.explainer_port)

    @property
    def orchestrator_url(self) -> str:
        """URL of the Prefect server in use."""
        return self.prefect_url or local_url(self.prefect_port)

    @property
    def orchestrator_page(self) -> str:
        """Beginning of a link to Prefect's pages."""
        return _page(self.prefect_external_url, self.orchestrator_url)

    @property
    def admin_url(self) -> str:
        """URL of the predictor's admin port, which loads versions."""
        return local_url(self.admin_port)

    @property
    def in_cluster(self) -> bool:
        """Whether versions go live in a cluster; if so, runs are Jobs there."""
        return self.serving == "cluster"

    def only_here(self, command: str, instead: str) -> None:
        """Raises FlowError in a cluster, for a command that works only on one machine."""
        if self.in_cluster:
            raise FlowError(f"{command} is for one machine, and CREDENCE_SERVING is cluster: {instead}")

    @property
    def environment(self) -> dict[str, str]:
        """The same settings as variables, for a child process of ours; it inherits the secrets."""
        values = {_variable(field): str(getattr(self, field.name)) for field in _fields() if field.name not in SECRETS}
        return values | {f"{PREFIX}HOME": str(self.folder)}


def from_environment(environment: Mapping[str, str] = os.environ) -> PlatformSettings:
    """Read the settings. Raises PlatformSettingsError, which names the variable, what it expects and what it got."""
    values: dict[str, object] = {}
    for field in _fields():
        name = _variable(field)
        if environment.get(name):
            values[field.name] = _value(name, environment[name], field.type)
    settings = PlatformSettings(**values)  # type: ignore[arg-type] # each was converted to its field's type
    if settings.in_cluster:
        _check_of_a_cluster(settings)
    _check_logins(settings)
    return settings


def _check_logins(settings: PlatformSettings) -> None:
    """Addresses are printed in results, errors and links, so they must not contain a password."""
    for name, login in (("mlflow_url", remote.LOGIN), ("prefect_url", "log in with PREFECT_API_AUTH_STRING")):
        if "@" in getattr(settings, name):
            expected = f"an address without user and password ({login})"
            raise PlatformSettingsError(f"{PREFIX}{name.upper()}", expected, "http://…@…")


def _check_of_a_cluster(settings: PlatformSettings) -> None:
    for field in _fields():
        if field.name in _OF_A_CLUSTER and not getattr(settings, field.name):
            raise PlatformSettingsError(_variable(field), "a value, as CREDENCE_SERVING is cluster", "")


def _fields() -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(PlatformSettings)


def _variable(field: msgspec.structs.FieldInfo) -> str:
    return PREFIX + field.encode_name.upper()


def _page(external: str, internal: str) -> str:
    """The beginning of a link: the external address, or the internal one."""
    return external.rstrip("/") or internal


def _value(name: str, text: str, kind: Any) -> object:
    if kind is int and not (text.isdecimal() and 0 < int(text) < 65536):
        raise PlatformSettingsError(name, "a port, 1 to 65535", text)
    try:
        return msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError as error:
        allowed = getattr(kind, "__args__", ())
        expected = f"one of {', '.join(allowed)}" if allowed else "a number of seconds"
        raise PlatformSettingsError(name, expected, text) from error


def bypass_proxy(environment: MutableMapping[str, str] = os.environ) -> None:
    """Except this machine from the proxy, for this process and its children; other hosts are still asked through it.

    Raises PlatformSettingsError for a proxy that cannot be used, for instance a SOCKS proxy.
    """
    for name, value in environment.items():
        if name.lower() in _PROXIES and value and not _is_http(value):
            shown = re.sub("//.*@", "//", value)  # without a password
            raise PlatformSettingsError(name, "an HTTP proxy such as http://proxy:3128; SOCKS is not supported", shown)
    # The variable in small letters comes first in all HTTP clients.
    excepted = [each for each in environment.get("no_proxy", environment.get("NO_PROXY", "")).split(",") if each]
    if excepted != ["*"]:
        excepted += [host for host in _THIS_MACHINE if host not in excepted]
    environment["NO_PROXY"] = environment["no_proxy"] = ",".join(excepted)


def _is_http(proxy: str) -> bool:
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def local_url(port: int) -> str:
    """The address of a port on this machine."""
    return f"http://127.0.0.1:{port}"
