"""The database: its tables, its transactions, and the settings that make SQLite behave like PostgreSQL.

Only one writer is active at a time, also on PostgreSQL. So a plain query shows whether a record is new, forgotten or a
duplicate. And a forgotten client's record cannot be added again by a transaction that began earlier.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import NullPool

from monitoring.errors import RequestError, StoreError
from monitoring.settings import MonitorSettingsError
from monitoring.store.tables import FORMAT, actions, facts, metadata

_PREPARING = 0xC4ED17
"""The advisory lock for creating the tables; an arbitrary number."""


class Database:
    """One database; its methods block, so call them in a thread."""

    def __init__(self, url: str | URL) -> None:
        self.engine = engine(url)
        self.insert: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[self.engine.dialect.name]
        """The dialect's own insert, which supports `ON CONFLICT`."""
        self._prepared = False
        self._preparing = threading.Lock()

    def prepare(self) -> None:
        """Create missing tables, and upgrade format 3. Raises StoreError for any other format."""
        with self._preparing, self._connect(write=True) as connection:
            if connection.dialect.name == "postgresql":
                # PostgreSQL's CREATE TABLE IF NOT EXISTS fails if two processes run it at the same time.
                connection.execute(select(func.pg_advisory_xact_lock(_PREPARING)))
            metadata.create_all(connection)
            for name, value in (("format", FORMAT), ("expired", 0)):
                connection.execute(self.insert(facts).values(name=name, value=value).on_conflict_do_nothing())
            version = connection.scalar(select(facts.c.value).where(facts.c.name == "format"))
            if version == 3:
                version = _upgrade(connection)
        if version != FORMAT:
            raise StoreError(f"the database has format {version}, this Credence reads format {FORMAT}")
        self._prepared = True

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A write transaction; no other writer is active during it."""
        if not self._prepared:
            self.prepare()
        with self._connect(write=True) as connection:
            connection.execute(select(facts.c.value).where(facts.c.name == "format").with_for_update())
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        if not self._prepared:
            self.prepare()
        with self._connect(write=False) as connection:
            yield connection

    @contextmanager
    def _connect(self, *, write: bool) -> Iterator[Connection]:
        """A transaction, committed when the block ends. Raises StoreError if the database fails."""
        try:
            with self.engine.execution_options(write=write).begin() as connection:
                yield connection
        except DataError as error:
            raise RequestError("a value is outside of what the database can hold") from error
        except (IntegrityError, ProgrammingError):
            raise
        except (DBAPIError, PoolTimeoutError) as error:
            # After any failure, the next use checks again that the tables exist.
            self._prepared = False
            url = self.engine.url
            place = URL.create(url.drivername, host=url.host, port=url.port, database=url.database)
            raise StoreError(f"the database {place} is not available: {type(error).__name__}") from error


def _upgrade(connection: Connection) -> int:
    """Give the actions of format 3 a kind; returns the new format."""
    connection.execute(text("ALTER TABLE actions ADD COLUMN kind VARCHAR NOT NULL DEFAULT 'noted'"))
    started = actions.c.what.in_(("retraining started", "recalibration started"))
    connection.execute(update(actions).where(started).values(kind="started"))
    connection.execute(update(facts).where(facts.c.name == "format").values(value=4))
    return 4


def engine(url: str | URL) -> Engine:
    """The engine of a URL. Raises MonitorSettingsError for an invalid URL or a missing driver."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise MonitorSettingsError(
                f"CREDENCE_MONITOR_DATABASE: expected sqlite or postgresql, got {parsed.get_backend_name()}"
            )
        # Parameters contain applications, so an error's text must not show them.
        # A pooled connection would continue to write to a SQLite file that was deleted.
        options = {"poolclass": NullPool} if parsed.get_backend_name() == "sqlite" else {"pool_pre_ping": True}
        made = create_engine(parsed, hide_parameters=True, **options)
    except ArgumentError as error:
        raise MonitorSettingsError(
            "CREDENCE_MONITOR_DATABASE: expected a SQLAlchemy URL such as sqlite:////path"
        ) from error
    except ModuleNotFoundError as error:
        raise MonitorSettingsError(f"CREDENCE_MONITOR_DATABASE: its driver {error.name} is not installed") from error
    if parsed.get_backend_name() == "sqlite":
        _set_up_sqlite(made)
    return made


def _set_up_sqlite(engine: Engine) -> None:
    if engine.url.database:
        try:
            Path(engine.url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise MonitorSettingsError(
                f"CREDENCE_MONITOR_DATABASE or CREDENCE_HOME: no folder for it: {error}"
            ) from error

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: Any) -> None:
        # The driver's own transactions begin too late to exclude other writers.
        connection.isolation_level = None
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 10000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
