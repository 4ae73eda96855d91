"""Creates and updates Prefect's work pool and the deployments.

On one machine, a run is a child process of the worker. In a cluster, it is a Job: Prefect fills in the command, and
everything else (image, resources, service account, volumes) is in the manifest that the chart mounts.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import yaml
from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.types.entrypoint import EntrypointType

from flows.clients.prefect import DEPLOYMENT, POOL
from flows.deploy import template
from flows.deploy.objects import Serving
from flows.deploy.template import Object
from flows.errors import FlowError, PlatformSettingsError
from flows.orchestration.flows import promote, retrain, rollback, train
from flows.settings import PlatformSettings

_COMMAND = "{{ command }}"
"""Placeholder for which Prefect inserts the Job's command."""


async def register(settings: PlatformSettings) -> list[str]:
    """Create or update the pool and the deployments; returns the deployments' names.

    Raises FlowError for an invalid Job manifest in a cluster, ClusterRefused.
    """
    async with get_client() as client:
        await client.create_work_pool(work_pool(settings, _owner(settings)), overwrite=True)
    return [
        await _deploy(settings, train),
        await _deploy(settings, retrain, cron=settings.retrain_cron or None, concurrency_limit=_single_run()),
        await _deploy(settings, promote),
        await _deploy(settings, rollback),
    ]


def work_pool(settings: PlatformSettings, owner: Object | None) -> WorkPoolCreate:
    """The work pool of the runs: processes, or in a cluster Jobs, which are deleted with their `owner`."""
    if not settings.in_cluster:
        return WorkPoolCreate(name=POOL, type="process")
    if not settings.run_template:
        raise PlatformSettingsError("CREDENCE_RUN_TEMPLATE", "the file with a run's Job manifest", "")
    return WorkPoolCreate(name=POOL, type="kubernetes", base_job_template=job_template(settings, owner))


def job_template(settings: PlatformSettings, owner: Object | None) -> dict[str, Any]:
    """Prefect's own template of a run, with the chart's manifest in it. Raises FlowError for an invalid manifest."""
    from prefect_kubernetes.worker import KubernetesWorker  # slow to import, and needed only in a cluster

    pool_template: dict[str, Any] = KubernetesWorker.get_default_base_job_template()
    job = manifest(Path(settings.run_template))
    if owner is not None:
        job["metadata"]["ownerReferences"] = [owner]
    pool_template["job_configuration"]["job_manifest"] = job
    pool_template["variables"]["properties"]["namespace"]["default"] = settings.namespace
    return pool_template


def manifest(path: Path) -> dict[str, Any]:
    """A run's Job manifest, with the fields that Prefect requires. Raises FlowError."""
    try:
        document = yaml.safe_load(path.read_text())
        pod = document["spec"]["template"]["spec"]
        container = pod["containers"][0]
    except (OSError, yaml.YAMLError, KeyError, TypeError, IndexError) as error:
        problem = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise FlowError(
            f"{path} (CREDENCE_RUN_TEMPLATE): expected a Job manifest with a container, {problem}"
        ) from error
    if container.get("args") != _COMMAND:
        expected = f'expected args: "{_COMMAND}" in the first container, got {container.get("args")!r}'
        raise FlowError(f"{path} (CREDENCE_RUN_TEMPLATE): {expected}")
    pod |= {"parallelism": 1, "completions": 1, "restartPolicy": "Never"}  # Prefect follows only such a Job
    return dict(document)


def _owner(settings: PlatformSettings) -> Object | None:
    """The object with which Jobs are deleted when the release is removed; None on one machine."""
    return template.owner(Serving(settings, print).config()) if settings.in_cluster else None


async def _deploy(settings: PlatformSettings, flow: Flow[..., Any], **options: Any) -> str:
    deployment = await flow.ato_deployment(
        name=DEPLOYMENT,
        description=flow.description,
        entrypoint_type=EntrypointType.MODULE_PATH,
        work_pool_name=POOL,
        job_variables=_job_variables(settings),
        **options,
    )
    await deployment.aapply()
    return f"{flow.name}/{DEPLOYMENT}"


def _job_variables(settings: PlatformSettings) -> dict[str, str]:
    if settings.in_cluster:
        return {"command": "python -m flows.orchestration.job"}
    command = f"{shlex.quote(sys.executable)} -m prefect.engine"
    return {"working_dir": str(settings.folder), "command": command}


def _single_run() -> ConcurrencyLimitConfig:
    return ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
