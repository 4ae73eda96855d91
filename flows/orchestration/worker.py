"""`python -m flows.orchestration.worker`: registers the deployments at Prefect's server and runs them.

Each run is a process of its own, with this one's environment: settings in force when the platform came up hold for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import signal
import sys
from typing import Any

import httpx
import psutil
from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.types.entrypoint import EntrypointType
from prefect.workers.process import ProcessWorker

from flows.orchestration.flows import promote, retrain, rollback, train
from flows.services import POOL
from flows.settings import Settings, from_environment

NAME = "credence"
"""Of each deployment, behind its flow's: `retrain/credence`."""
_POLL_SECONDS = 0.2
_END_SECONDS = 20.0
"""A run may be in the middle of a computation."""
_REPORT_SECONDS = 1.0
"""For the worker to report a run whose process it saw end."""


async def register(settings: Settings) -> None:
    """Make the pool and the deployments what they should be; a second time changes nothing."""
    async with get_client() as client:
        await client.create_work_pool(WorkPoolCreate(name=POOL, type="process"), overwrite=True)
    await _deploy(settings, train)
    await _deploy(settings, retrain, cron=settings.retrain_cron or None, concurrency_limit=_one_at_a_time())
    await _deploy(settings, promote)
    await _deploy(settings, rollback)


async def _deploy(settings: Settings, flow: Flow[..., Any], **options: Any) -> None:
    deployment = await flow.ato_deployment(
        name=NAME,
        description=flow.description,
        entrypoint_type=EntrypointType.MODULE_PATH,
        work_pool_name=POOL,
        job_variables={
            "working_dir": str(settings.folder),
            "command": f"{shlex.quote(sys.executable)} -m prefect.engine",
        },
        **options,
    )
    await deployment.aapply()


def _one_at_a_time() -> ConcurrencyLimitConfig:
    return ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)


async def _wait_for(url: str) -> None:
    """Return when Prefect's server answers."""
    async with httpx.AsyncClient(timeout=2) as client:
        while True:
            try:
                if (await client.get(url)).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(_POLL_SECONDS)


async def _work(settings: Settings) -> None:
    await _wait_for(f"{settings.orchestrator_url}/api/health")
    await register(settings)
    await ProcessWorker(work_pool_name=POOL, name="this machine").start()


async def _work_until_stopped() -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    work, stop = asyncio.create_task(_work(from_environment())), asyncio.create_task(stopped.wait())
    await asyncio.wait([work, stop], return_when=asyncio.FIRST_COMPLETED)
    if not work.done():
        await asyncio.to_thread(_end_runs)
        await asyncio.sleep(_REPORT_SECONDS)
        work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work


def _end_runs() -> None:
    """End the runs' processes while their worker is there; cancelled with it they would be shown as running."""
    runs = psutil.Process().children()
    for run in runs:
        run.terminate()
    _, alive = psutil.wait_procs(runs, timeout=_END_SECONDS)
    for run in alive:
        run.kill()


def main() -> None:
    """Run until SIGTERM or SIGINT, which end the runs that were begun."""
    asyncio.run(_work_until_stopped())


if __name__ == "__main__":
    main()
