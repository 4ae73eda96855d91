"""`python -m monitoring`: the collector as a process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import traceback
from datetime import UTC, datetime

import msgspec
from fastapi import FastAPI
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from monitoring.api.app import create
from monitoring.judging.rule import Limits
from monitoring.pages.drawings import Drawings
from monitoring.pages.known import StoredFacts
from monitoring.review import Reviewer
from monitoring.settings import MonitorSettings, MonitorSettingsError, from_environment
from monitoring.store.bundles import Bundles
from monitoring.store.database import Database
from monitoring.store.records import Store
from monitoring.store.verdicts import Judgements
from monitoring.store.windows import Archive

_CONNECTIONS = 1024
"""The most connections at once; further ones wait until one is closed."""

_HEAD_BYTES = 64 << 10
"""The largest head of a request, so that the heads of all connections take 64 MB at most."""

_END_SECONDS = 10.0
"""Time to answer what was asked before the signal to end; a pod's grace period is longer."""


class JsonLogFormatter(logging.Formatter):
    """One JSON object per line, with the same keys as the predictor's log."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger and message; for an exception its traceback too.

        The traceback ends with the type of the exception and not with its message, which may quote personal data.
        """
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            line["traceback"] = "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__
        return msgspec.json.encode(line).decode()


def main() -> int:
    """Run until SIGTERM or SIGINT. If the monitor cannot start, log one message and return 1."""
    os.umask(0o077)  # The files that it writes hold personal data.
    _log_as_json()
    try:
        settings = from_environment()
        _check_port(settings)
        store = Store(Database(settings.database), settings.monitor_retention_days)
    except MonitorSettingsError as error:
        logging.getLogger("monitoring").critical("%s", error)
        return 1
    asyncio.run(_serve(settings, store))
    return 0


def compose(store: Store, settings: MonitorSettings) -> FastAPI:
    """The monitor's application for one store; all parts share one database and one set of limits."""
    archive, judgements = Archive(store.database), Judgements(store.database)
    bundles, limits = Bundles(settings.models, settings.mlflow_url), Limits()
    reviewer = Reviewer(store, archive, judgements, bundles, limits, settings)
    facts = StoredFacts(store, archive, judgements, limits)
    drawings = Drawings(settings.reports, bundles, archive, store.database)
    return create(store, reviewer, facts, drawings, settings)


async def _serve(settings: MonitorSettings, store: Store) -> None:
    app = compose(store, settings)
    # Granian's own log is off: its lines are not JSON, and it warns about embedding at each start.
    server = Server(
        app,
        address=_host(settings),
        port=settings.monitor_port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,  # where both versions are possible, a connection that sends nothing is never closed
        websockets=False,
        backpressure=_CONNECTIONS,
        # Granian has one time limit, in milliseconds, for an idle connection and for an incomplete head.
        http1_settings=HTTP1Settings(
            header_read_timeout=int(1000 * settings.idle_seconds), max_buffer_size=_HEAD_BYTES
        ),
        log_enabled=False,
    )
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    logging.getLogger("monitoring").info("listening on %s:%d", settings.monitor_host, settings.monitor_port)
    async with app.router.lifespan_context(app):
        serving, stopped = asyncio.create_task(server.serve()), asyncio.create_task(stopping.wait())
        await asyncio.wait([serving, stopped], return_when=asyncio.FIRST_COMPLETED)
        server.stop()  # type: ignore[no-untyped-call]  # granian annotates most of itself
        # A server ends with its last connection. Idle ones are closed at once; an incomplete head could take longer.
        await asyncio.wait([serving], timeout=_END_SECONDS)


def _host(settings: MonitorSettings) -> str:
    """The address to listen on: `::` is that of IPv4 on a machine without IPv6."""
    if settings.monitor_host == "::":
        try:
            socket.socket(socket.AF_INET6).close()
        except OSError:
            return "0.0.0.0"  # noqa: S104 - all addresses were asked for
    return settings.monitor_host


def _check_port(settings: MonitorSettings) -> None:
    """Check that the port is free, because granian would share it: each of two servers would get half of the calls.

    Raises MonitorSettingsError for a port that is in use.
    """
    address = (_host(settings), settings.monitor_port)
    try:
        family = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0][0]
        with contextlib.closing(socket.socket(family)) as probe:
            # Connections of a killed monitor stay open for a while; only a listening socket blocks the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except (OSError, OverflowError) as error:
        raise MonitorSettingsError(
            f"cannot listen on {address[0]} port {address[1]}: {error}; "
            "CREDENCE_MONITOR_HOST and CREDENCE_MONITOR_PORT set the address"
        ) from error


def _log_as_json() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLogFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    # Not sys.exit: the server's threads may still use the interpreter while it shuts down, and then they abort.
    os._exit(code)
