"""The monitor's settings, read from the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from sqlalchemy import URL

from training.bundle import remote

PREFIX = "CREDENCE_"
_SECRETS = ("monitor_token", "monitor_database")
"""No message shows their values; a database's URL may contain a password."""

_ORIGIN = re.compile(r"(?P<scheme>https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


class MonitorSettingsError(Exception):
    """An environment variable with an invalid value; the message names the variable."""


class MonitorSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Each field is read from the environment variable `CREDENCE_` plus its name in capitals."""

    monitor_host: str = "127.0.0.1"
    """Address to listen on. The default is the loopback, because records are personal data and there is no login. `::`
    is all addresses of IPv6 and IPv4."""
    monitor_port: int = 8090
    allowed_origins: str = ""
    """Origins of other sites' pages that may call, such as `https://desk.example.com`, separated by commas; the same
    variable is the predictor's."""
    idle_seconds: Annotated[float, msgspec.Meta(ge=1, le=1e6)] = 75.0
    """Time after which an idle connection is closed: longer than that of load balancers, most of which have 60 s. The
    same variable is the predictor's."""
    monitor_database: str = ""
    """SQLAlchemy URL, `sqlite:////path` or `postgresql+psycopg://…`; if empty, SQLite in the state folder."""
    monitor_max_body: int = 8 << 20
    """Most bytes in one request; a predictor sends about 1 MB."""
    monitor_retention_days: Annotated[float, msgspec.Meta(ge=0, le=36_500)] = 365.0
    """Records older than this are deleted. Records of that age that still arrive are not stored."""
    monitor_models: str = ""
    """Folder with the bundles, one subfolder per version; if empty, the one in the state folder."""
    mlflow_url: str = ""
    """MLflow server from which a missing bundle is fetched; empty if there is no server."""
    monitor_window_rows: Annotated[int, msgspec.Meta(ge=1)] = 5_000
    """Number of records that make a window full: enough that a column's PSI of 0.1 is not noise."""
    monitor_window_hours: Annotated[float, msgspec.Meta(gt=0, le=87_600)] = 168.0
    """A window that is not full closes when its first record has this age."""
    monitor_review_seconds: Annotated[float, msgspec.Meta(gt=0, le=86_400)] = 60.0
    """Time from one review to the next."""
    monitor_cooldown_hours: Annotated[float, msgspec.Meta(ge=0, le=87_600)] = 24.0
    """No retraining is started within this time after the end of the last one."""
    prefect_url: str = ""
    """Prefect server that starts retrainings, without `/api`; empty if there is no server."""
    prefect_external_url: str = ""
    """URL at which a browser finds Prefect's pages, for links to runs; if empty, `prefect_url`."""
    monitor_token: Annotated[str, msgspec.Meta(pattern=r"\A[!-~]*\Z")] = ""
    """Token that each write must send (`Authorization: Bearer …`), printable ASCII; if empty, writes need no token."""
    home: str = ".credence"
    """The state folder."""

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name not in _SECRETS)
        return f"Settings({', '.join(shown)})"

    @property
    def origins(self) -> frozenset[str]:
        """The allowed origins. Raises MonitorSettingsError for one that is not as browsers send it."""
        origins = [origin.strip() for origin in self.allowed_origins.split(",") if origin.strip()]
        for origin in origins:
            match = _ORIGIN.fullmatch(origin)
            if not match or match["port"] == _DEFAULT_PORTS[match["scheme"]]:
                expected = "scheme://host or scheme://host:port as browsers send it, separated by commas"
                raise MonitorSettingsError(f"{PREFIX}ALLOWED_ORIGINS: expected {expected}, got {origin!r}")
        return frozenset(origins)

    @property
    def models(self) -> Path:
        """The folder of bundles in use."""
        return Path(self.monitor_models or Path(self.home) / "models" / "credit-default").absolute()

    @property
    def reports(self) -> Path:
        """Folder of the verdicts' reports."""
        return Path(self.home).absolute() / "reports"

    @property
    def database(self) -> str | URL:
        """The database URL in use."""
        return self.monitor_database or URL.create(
            "sqlite", database=str(Path(self.home).absolute() / "records.sqlite")
        )


def from_environment(environment: Mapping[str, str] = os.environ) -> MonitorSettings:
    """Read the settings. Raises MonitorSettingsError, which names the variable, what it expects and what it got."""
    values: dict[str, object] = {}
    for field in msgspec.structs.fields(MonitorSettings):
        name = PREFIX + field.name.upper()
        if name in environment:
            values[field.name] = _value(name, environment[name], field.type)
    for name, login in (("mlflow_url", remote.LOGIN), ("prefect_url", "log in with PREFECT_API_AUTH_STRING")):
        if "@" in str(values.get(name)):
            expected = f"expected an address without user and password ({login})"
            raise MonitorSettingsError(f"{PREFIX}{name.upper()}: {expected}, got http://…@…")
    settings = MonitorSettings(**values)  # type: ignore[arg-type] # each was converted to its field's type
    _ = settings.origins  # an invalid one is refused here
    return settings


def _value(name: str, text: str, kind: Any) -> object:
    try:
        return msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError as error:
        expected = str(error).partition(", got")[0].replace("Expected", "expected")
        got = "another text" if name.removeprefix(PREFIX).lower() in _SECRETS else repr(text)
        raise MonitorSettingsError(f"{name}: {expected}, got {got}") from error
