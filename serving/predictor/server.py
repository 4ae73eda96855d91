"""The predictor's process: its ports, its tasks and its shutdown."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import Coroutine

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from serving.log.log import Log
from serving.log.shipper import Shipper
from serving.predictor.admin import Admin
from serving.predictor.app import App
from serving.predictor.metrics import Metrics
from serving.predictor.service import PredictorService
from serving.predictor.settings import PredictorSettings
from serving.process.port import claim, reachable
from serving.process.settings import SettingsError

logger = logging.getLogger(__name__)

_LOOPBACK = "127.0.0.1"

_CONNECTIONS = 1024
"""The most connections at once; further ones wait until one is closed."""

_HEAD_BYTES = 64 << 10
"""The largest head of a request, so that the heads of all connections take 64 MB at most."""


async def run(settings: PredictorSettings) -> int:
    """Serve until SIGTERM or SIGINT, and return the exit code.

    Raises SettingsError if a port, the log directory or the monitor's URL cannot be used. Raises BundleError if the
    version cannot be served.
    """
    claim(reachable(settings.host), settings.http_port, "http_port")
    if settings.admin_port:
        claim(_LOOPBACK, settings.admin_port, "admin_port")
    try:
        log = Log(settings.log_directory, limit_bytes=settings.log_bytes, retention_days=settings.retention_days)
    except OSError as error:
        raise SettingsError(f"log_directory: expected a folder that can be written, got {error}") from error
    try:
        return await _Process(settings, log).run()
    finally:
        log.close()


class _Process:
    """The objects of a running predictor."""

    def __init__(self, settings: PredictorSettings, log: Log) -> None:
        self._settings = settings
        self._log = log
        self._shipper = _shipper(settings, log)
        self._end = asyncio.Event()
        self._code = 0
        metrics = Metrics()
        metrics.watch(log, self._shipper)
        self._service = PredictorService(log, metrics)
        self._admin = Admin(self._service, metrics, settings, log)
        public = App(self._service, metrics, settings)
        self._servers = [http_server(public, reachable(settings.host), settings.http_port, settings.idle_seconds)]
        if settings.admin_port:
            self._servers.append(http_server(self._admin, _LOOPBACK, settings.admin_port, settings.idle_seconds))

    async def run(self) -> int:
        await self._admin.load(self._settings.version)
        # Objects that exist now live as long as the process, so the garbage collector need not visit them again.
        gc.collect()
        gc.freeze()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        serving = [self._keep(server.serve()) for server in self._servers]
        background = [self._keep(self._log.sync_forever())]
        if self._shipper:
            background.append(self._keep(self._shipper.run()))
        await self._end.wait()
        if not self._code:
            await self._drain()
        for server in self._servers:
            server.stop()  # type: ignore[no-untyped-call]  # granian annotates most of itself
        # A server ends with its last connection. Idle ones are closed at once; an incomplete head could take longer.
        await asyncio.wait(serving, timeout=self._settings.body_seconds)
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        if self._shipper:
            await self._shipper.drain(self._settings.ship_seconds)
        logger.info("stopped, %d applications answered", self._log.answered)
        return self._code

    def _stop(self) -> None:
        """Start the shutdown at the first signal, and end the waiting at the second."""
        if self._service.stopping:
            self._end.set()
        self._service.stopping = True
        self._end.set()

    async def _drain(self) -> None:
        """Wait until callers have gone: the predictor is not ready, and each answer asks to close the connection."""
        logger.info("stopping in %g s", self._settings.drain_seconds)
        self._end.clear()
        try:
            async with asyncio.timeout(self._settings.drain_seconds):
                await self._end.wait()
        except TimeoutError:
            pass

    def _keep(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Start a task; if it ends before the shutdown, the process ends with an error."""
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        if self._service.stopping or task.cancelled():
            return
        logger.error("a task of the predictor ended", exc_info=task.exception())
        self._code = 1
        self._end.set()


def _shipper(settings: PredictorSettings, log: Log) -> Shipper | None:
    if not settings.monitor_url:
        return None
    try:
        return Shipper(log, settings.monitor_url, settings.monitor_token)
    except ValueError as error:
        raise SettingsError(f"monitor_url: {error}") from error


def http_server(app: App, host: str, port: int, idle_seconds: float) -> Server:
    """A server in this event loop that closes a connection after `idle_seconds` without a request.

    Granian has one time limit for an idle connection and for an incomplete head. So the number of connections is
    limited too, and a head that arrives slowly occupies no more than an idle connection does.
    """
    return Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        backlog=1024,
        backpressure=_CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=int(1000 * idle_seconds), max_buffer_size=_HEAD_BYTES),
        log_enabled=False,
    )
