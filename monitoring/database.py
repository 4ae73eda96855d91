"""The database's engine: what SQLite needs to be told so that it behaves as PostgreSQL does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from monitoring.settings import SettingsError


def engine(url: str) -> Engine:
    """Raises SettingsError for a URL that is none, or whose driver is not there."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise SettingsError(
                f"CREDENCE_MONITOR_DATABASE: expected sqlite or postgresql, got {parsed.get_backend_name()}"
            )
        # Parameters are applications: they must not be in an error's text.
        # A kept connection would go on writing to a SQLite file that somebody deleted.
        options = {"poolclass": NullPool} if parsed.get_backend_name() == "sqlite" else {"pool_pre_ping": True}
        made = create_engine(parsed, hide_parameters=True, **options)
    except ArgumentError as error:
        raise SettingsError("CREDENCE_MONITOR_DATABASE: expected a SQLAlchemy URL such as sqlite:////path") from error
    except ModuleNotFoundError as error:
        raise SettingsError(f"CREDENCE_MONITOR_DATABASE: its driver {error.name} is not installed") from error
    if parsed.get_backend_name() == "sqlite":
        _set_up_sqlite(made)
    return made


def _set_up_sqlite(engine: Engine) -> None:
    if engine.url.database:
        try:
            Path(engine.url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"CREDENCE_MONITOR_DATABASE or CREDENCE_HOME: no folder for it: {error}") from error

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: Any) -> None:
        # The driver's own transactions begin too late to keep other writers out.
        connection.isolation_level = None
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 10000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
