"""What can be set about the monitor."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec

PREFIX = "CREDENCE_"
_SECRETS = ("monitor_token", "monitor_database", "mlflow_url", "prefect_url")
"""No text of ours tells what they are; a URL may have a password in it."""


class MonitorSettingsError(Exception):
    """An environment variable that does not say what it should; the message names it."""


class MonitorSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Each is read from the environment variable of its name in capitals behind `CREDENCE_`."""

    monitor_host: str = "127.0.0.1"
    """Address to listen on; the loopback by default, because records are personal data and there is no login."""
    monitor_port: int = 8090
    monitor_database: str = ""
    """SQLAlchemy URL, `sqlite:////path` or `postgresql+psycopg://…`; empty is SQLite in the state folder."""
    monitor_max_body: int = 8 << 20
    """Bytes of one request; a predictor sends about 1 MB."""
    monitor_retention_days: Annotated[float, msgspec.Meta(ge=0, le=36_500)] = 365.0
    """Records older than this are deleted, and what a log still holds of that age is not stored."""
    monitor_models: str = ""
    """Where bundles are, one folder a version; empty is where the state folder has them."""
    mlflow_url: str = ""
    """The MLflow server that a version's bundle is fetched from where it is not there; empty where there is none."""
    monitor_window_rows: Annotated[int, msgspec.Meta(ge=1)] = 5_000
    """Records that make a window full: enough that a column's PSI of 0.1 is no noise."""
    monitor_window_hours: Annotated[float, msgspec.Meta(gt=0, le=87_600)] = 168.0
    """Age of its first record at which a window closes before it is full."""
    monitor_review_seconds: Annotated[float, msgspec.Meta(gt=0, le=86_400)] = 60.0
    """Time from one review to the next."""
    monitor_cooldown_hours: Annotated[float, msgspec.Meta(ge=0, le=87_600)] = 24.0
    """No retraining is started within this time after the end of the last one."""
    prefect_url: str = ""
    """The Prefect server that a retraining is asked of, without `/api`; empty where there is none."""
    prefect_external_url: str = ""
    """Where a browser finds Prefect's pages, for links to runs; empty is `prefect_url`."""
    monitor_token: Annotated[str, msgspec.Meta(pattern=r"\A[!-~]*\Z")] = ""
    """What whoever writes must say (`Authorization: Bearer …`), in what a header can hold; empty where anybody may."""
    home: str = ".credence"
    """The state folder."""

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name not in _SECRETS)
        return f"Settings({', '.join(shown)})"

    @property
    def models(self) -> Path:
        """The folder in force."""
        return Path(self.monitor_models or Path(self.home) / "models" / "credit-default").absolute()

    @property
    def reports(self) -> Path:
        """Where the reports of verdicts are."""
        return Path(self.home).absolute() / "reports"

    @property
    def database(self) -> str:
        """The URL in force."""
        return self.monitor_database or f"sqlite:///{Path(self.home).absolute() / 'records.sqlite'}"


def from_environment(environment: Mapping[str, str] = os.environ) -> MonitorSettings:
    """The settings in force. Raises SettingsError, which names the variable, what it expects and what it got."""
    values: dict[str, object] = {}
    for field in msgspec.structs.fields(MonitorSettings):
        name = PREFIX + field.name.upper()
        if name in environment:
            values[field.name] = _value(name, environment[name], field.type)
    return MonitorSettings(**values)  # type: ignore[arg-type] # each was converted to its field's type


def _value(name: str, text: str, kind: Any) -> object:
    try:
        return msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError as error:
        expected = str(error).partition(", got")[0].replace("Expected", "expected")
        got = "another text" if name.removeprefix(PREFIX).lower() in _SECRETS else repr(text)
        raise MonitorSettingsError(f"{name}: {expected}, got {got}") from error
