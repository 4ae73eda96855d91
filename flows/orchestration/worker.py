"""`python -m flows.orchestration.worker`: registers the deployments at Prefect's server and runs them.

On one machine, each run is a separate process with the worker's environment. So it has the settings with which the
platform was started. In a cluster, each run is a Job, which continues when the worker ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from typing import Any

import psutil
from prefect.workers.base import BaseWorker
from prefect.workers.process import ProcessWorker

from flows.clients.prefect import POOL, wait_for_server
from flows.errors import FlowError
from flows.orchestration.registration import register
from flows.settings import PlatformSettings, from_environment

_END_SECONDS = 20.0
"""Seconds in which a run must end; it may be in the middle of a computation."""
_REPORT_SECONDS = 1.0
"""Seconds for the worker to report a run whose process has ended."""


async def _work(settings: PlatformSettings) -> None:
    await wait_for_server(settings)
    await register(settings)
    # In a cluster, a probe asks for its health, at /health on Prefect's PREFECT_WORKER_WEBSERVER_PORT.
    await _worker(settings).start(with_healthcheck=settings.in_cluster)


def _worker(settings: PlatformSettings) -> BaseWorker[Any, Any, Any]:
    if not settings.in_cluster:
        return ProcessWorker(work_pool_name=POOL, name="this machine")
    # Read at import. Without it, the observer of Jobs asks for the Jobs of the whole cluster.
    os.environ["PREFECT_INTEGRATIONS_KUBERNETES_OBSERVER_NAMESPACES"] = settings.namespace
    from prefect_kubernetes.worker import KubernetesWorker

    worker: BaseWorker[Any, Any, Any] = KubernetesWorker(work_pool_name=POOL, name=socket.gethostname())
    return worker


async def _work_until_stopped(settings: PlatformSettings) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    work, stop = asyncio.create_task(_work(settings)), asyncio.create_task(stopped.wait())
    await asyncio.wait([work, stop], return_when=asyncio.FIRST_COMPLETED)
    if not work.done():
        if not settings.in_cluster:
            await asyncio.to_thread(_end_runs)
            await asyncio.sleep(_REPORT_SECONDS)
        work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work


def _end_runs() -> None:
    """End the runs' processes while their worker still exists; otherwise Prefect would show them as running."""
    runs = psutil.Process().children()
    for run in runs:
        run.terminate()
    _, alive = psutil.wait_procs(runs, timeout=_END_SECONDS)
    for run in alive:
        run.kill()


def main() -> None:
    """Run until SIGTERM or SIGINT, which also end the runs, but not Jobs. On failure, exit with 1 and a message."""
    try:
        asyncio.run(_work_until_stopped(from_environment()))
    except FlowError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
