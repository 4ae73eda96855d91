"""What can be set about the platform, on this machine or in a cluster."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from flows.errors import FlowError, PlatformSettingsError

PREFIX = "CREDENCE_"
SECRETS = ("monitor_token", "smoke_token")
"""Settings that are read and never written: not to another process's settings, not to a log."""
_OF_A_CLUSTER = (
    *("namespace", "fullname", "mlflow_url", "prefect_url", "monitor_address", "predictor_address", "smoke_token"),
)
"""What nobody can guess where versions go live in a cluster."""


class PlatformSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Each is read from the environment variable of its name in capitals behind `CREDENCE_`."""

    home: str = ".credence"
    """The state folder: data, versions, records, logs."""
    mlflow_url: str = ""
    """The registry; empty is the one that `credence up` starts."""
    mlflow_external_url: str = ""
    """Where a browser finds the registry's pages; empty is where programs find it."""
    mlflow_port: int = 5000
    monitor_address: str = msgspec.field(default="", name="monitor_url")
    """The monitor; empty is the one that `credence up` starts."""
    monitor_external_url: str = ""
    """Where a browser finds the monitor's review pages; empty is where programs find it."""
    monitor_port: int = 8090
    predictor_address: str = msgspec.field(default="", name="predictor_url")
    """Where applications are answered; empty is the one on this machine."""
    http_port: int = 8080
    """The predictor's, for the Open Inference Protocol."""
    admin_port: int = 8079
    """The predictor's, for loading a version and forgetting a client."""
    explainer_address: str = msgspec.field(default="", name="explainer_url")
    """Where decisions are explained; empty is the one on this machine."""
    explainer_port: int = 8082
    prefect_port: int = 4200
    prefect_url: str = ""
    """The Prefect server, without `/api`; empty is the one that `credence up` starts, with a worker."""
    prefect_external_url: str = ""
    """Where a browser finds Prefect's pages; empty is where programs find it."""
    approval: Literal["required", "automatic"] = "required"
    """Whether a person must agree before a version that a schedule or a verdict made goes live."""
    watch_seconds: float = 10.0
    """How long a version that just went live is watched before it is called champion."""
    retrain_cron: str = ""
    """A calendar for retraining beside the verdicts, as cron writes it; empty for none."""
    monitor_token: str = ""
    """What the monitor wants of whoever writes to it; empty where it wants none."""
    smoke_token: str = ""
    """What lets an application be answered without being recorded; a predictor in a cluster wants it."""

    explainer_python: str = ""
    """The explainer's interpreter; empty is the one in `.venv-explainer` beside the environment that runs this."""

    serving: Literal["local", "cluster"] = "local"
    """Where versions go live: as processes of this machine, or in the cluster that the chart was installed in."""
    namespace: str = ""
    """The cluster's, that everything of ours is in."""
    fullname: str = ""
    """What the names of the chart's own objects begin with."""
    serving_name: str = "credit-default"
    """Of the InferenceService, or of the Deployments without `-predictor` and `-explainer`."""
    deploy_seconds: float = 600.0
    """How long a version may take until all of its pods in the cluster are ready."""
    run_template: str = ""
    """The Job manifest of a run in the cluster, a YAML file with Prefect's placeholders; the worker reads it."""

    def __repr__(self) -> str:
        shown = {name: getattr(self, name) for name in self.__struct_fields__ if name not in SECRETS}
        return f"PlatformSettings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    @property
    def folder(self) -> Path:
        """The state folder, absolute: processes of ours run elsewhere."""
        return Path(self.home).absolute()

    @property
    def models(self) -> Path:
        """Where versions lie that were or are live here, and the client history."""
        return self.folder / "models" / "credit-default"

    @property
    def registry_url(self) -> str:
        """The registry in force."""
        return self.mlflow_url or local_url(self.mlflow_port)

    @property
    def registry_page(self) -> str:
        """What a link to the registry begins with."""
        return _page(self.mlflow_external_url, self.registry_url)

    @property
    def monitor_url(self) -> str:
        """Where the predictor's records go."""
        return self.monitor_address or local_url(self.monitor_port)

    @property
    def monitor_page(self) -> str:
        """What a link to the monitor begins with."""
        return _page(self.monitor_external_url, self.monitor_url)

    @property
    def monitor_headers(self) -> dict[str, str]:
        """What the monitor is told with each request, so that it lets us write."""
        return {"Authorization": f"Bearer {self.monitor_token}"} if self.monitor_token else {}

    @property
    def predictor_url(self) -> str:
        """Where applications are answered."""
        return self.predictor_address or local_url(self.http_port)

    @property
    def explainer_url(self) -> str:
        """Where decisions are explained."""
        return self.explainer_address or local_url(self.explainer_port)

    @property
    def orchestrator_url(self) -> str:
        """The Prefect server in force."""
        return self.prefect_url or local_url(self.prefect_port)

    @property
    def orchestrator_page(self) -> str:
        """What a link to Prefect begins with."""
        return _page(self.prefect_external_url, self.orchestrator_url)

    @property
    def admin_url(self) -> str:
        """Where versions are loaded."""
        return local_url(self.admin_port)

    @property
    def in_cluster(self) -> bool:
        """Whether versions go live in a cluster, and runs are Jobs there."""
        return self.serving == "cluster"

    def only_here(self, command: str, instead: str) -> None:
        """Raises FlowError in a cluster, for a command that is about this machine."""
        if self.in_cluster:
            raise FlowError(f"{command} is for one machine, and CREDENCE_SERVING is cluster: {instead}")

    @property
    def environment(self) -> dict[str, str]:
        """The same settings as variables, for a process of ours that reads them again; secrets it inherits."""
        values = {_variable(field): str(getattr(self, field.name)) for field in _fields() if field.name not in SECRETS}
        return values | {f"{PREFIX}HOME": str(self.folder)}


def from_environment(environment: Mapping[str, str] = os.environ) -> PlatformSettings:
    """The settings in force. Raises SettingsError, which names the variable, what it expects and what it got."""
    values: dict[str, object] = {}
    for field in _fields():
        name = _variable(field)
        if environment.get(name):
            values[field.name] = _value(name, environment[name], field.type)
    settings = PlatformSettings(**values)  # type: ignore[arg-type] # each was converted to its field's type
    if settings.in_cluster:
        _check_of_a_cluster(settings)
    return settings


def _check_of_a_cluster(settings: PlatformSettings) -> None:
    for field in _fields():
        if field.name in _OF_A_CLUSTER and not getattr(settings, field.name):
            raise PlatformSettingsError(_variable(field), "a value, as CREDENCE_SERVING is cluster", "")


def _fields() -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(PlatformSettings)


def _variable(field: msgspec.structs.FieldInfo) -> str:
    return PREFIX + field.encode_name.upper()


def _page(external: str, internal: str) -> str:
    """The beginning of a link: the external address, or the internal one without a password."""
    return external.rstrip("/") or re.sub("//[^/@]*@", "//", internal, count=1)


def _value(name: str, text: str, kind: Any) -> object:
    if kind is int and not (text.isdecimal() and 0 < int(text) < 65536):
        raise PlatformSettingsError(name, "a port, 1 to 65535", text)
    try:
        return msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError as error:
        allowed = getattr(kind, "__args__", ())
        expected = f"one of {', '.join(allowed)}" if allowed else "a number of seconds"
        raise PlatformSettingsError(name, expected, text) from error


def local_url(port: int) -> str:
    """The address of a port on this machine."""
    return f"http://127.0.0.1:{port}"
