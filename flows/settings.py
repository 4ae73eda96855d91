"""What can be set about the platform on this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from flows.errors import SettingsError

PREFIX = "CREDENCE_"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Each is read from the environment variable of its name in capitals behind `CREDENCE_`."""

    home: str = ".credence"
    """The state folder: data, versions, records, logs."""
    mlflow_url: str = ""
    """The registry; empty is the one that `credence up` starts."""
    mlflow_port: int = 5000
    monitor_port: int = 8090
    http_port: int = 8080
    """The predictor's, for the Open Inference Protocol."""
    admin_port: int = 8079
    """The predictor's, for loading a version and forgetting a client."""
    explainer_port: int = 8082
    prefect_port: int = 4200
    prefect_url: str = ""
    """The Prefect server, without `/api`; empty is the one that `credence up` starts, with a worker."""
    approval: Literal["required", "automatic"] = "required"
    """Whether a person must agree before a version that a schedule or a verdict made goes live."""
    watch_seconds: float = 10.0
    """How long a version that just went live is watched before it is called champion."""
    retrain_cron: str = ""
    """A calendar for retraining beside the verdicts, as cron writes it; empty for none."""

    explainer_python: str = ""
    """The explainer's interpreter; empty is the one in `.venv-explainer` beside the environment that runs this."""

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
    def monitor_url(self) -> str:
        """Where the predictor's records go."""
        return local_url(self.monitor_port)

    @property
    def predictor_url(self) -> str:
        """Where applications are answered."""
        return local_url(self.http_port)

    @property
    def explainer_url(self) -> str:
        """Where decisions are explained."""
        return local_url(self.explainer_port)

    @property
    def orchestrator_url(self) -> str:
        """The Prefect server in force."""
        return self.prefect_url or local_url(self.prefect_port)

    @property
    def admin_url(self) -> str:
        """Where versions are loaded."""
        return local_url(self.admin_port)

    @property
    def environment(self) -> dict[str, str]:
        """The same settings as variables, for a process of ours that reads them again."""
        values = {PREFIX + name.upper(): str(getattr(self, name)) for name in self.__struct_fields__}
        return values | {f"{PREFIX}HOME": str(self.folder)}


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings in force. Raises SettingsError, which names the variable, what it expects and what it got."""
    values: dict[str, object] = {}
    for field in msgspec.structs.fields(Settings):
        name = PREFIX + field.name.upper()
        if environment.get(name):
            values[field.name] = _value(name, environment[name], field.type)
    return Settings(**values)  # type: ignore[arg-type] # each was converted to its field's type


def _value(name: str, text: str, kind: Any) -> object:
    if kind is int and not (text.isdecimal() and 0 < int(text) < 65536):
        raise SettingsError(name, "a port, 1 to 65535", text)
    try:
        return msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError as error:
        expected = "one of required, automatic" if kind is not float else "a number of seconds"
        raise SettingsError(name, expected, text) from error


def local_url(port: int) -> str:
    """The address of a port on this machine."""
    return f"http://127.0.0.1:{port}"
