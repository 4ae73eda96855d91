"""What can be set about the platform on this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

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
    def admin_url(self) -> str:
        """Where versions are loaded."""
        return local_url(self.admin_port)


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings in force. Raises SettingsError, which names the variable, what it expects and what it got."""
    values: dict[str, object] = {}
    for field in msgspec.structs.fields(Settings):
        name = PREFIX + field.name.upper()
        text = environment.get(name, "")
        if field.type is int and text:
            if not text.isdecimal() or not 0 < int(text) < 65536:
                raise SettingsError(name, "a port, 1 to 65535", text)
            values[field.name] = int(text)
        elif text:
            values[field.name] = text
    return Settings(**values)  # type: ignore[arg-type] # each was converted to its field's type


def local_url(port: int) -> str:
    """The address of a port on this machine."""
    return f"http://127.0.0.1:{port}"
