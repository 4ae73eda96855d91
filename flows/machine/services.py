"""The processes of the platform on this machine: each with its command, its ports and its checks.

Each runs in the state folder. The URLs of databases are relative to it, because a path that is written into a URL may
have characters with another meaning there: `%`, `?` or `#`.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from flows.clients.prefect import HEALTH, last_heartbeat, pool_page, prefect_environment
from flows.machine.process import ServiceProcess, Started
from flows.settings import PlatformSettings

_HEARTBEAT_SECONDS = 10


def services(settings: PlatformSettings, version: str | None) -> list[ServiceProcess]:
    """The services that should run while `version` is live, in starting order; the worker is last and uses the others.

    A registry that runs elsewhere is left out. If the orchestrator runs elsewhere, it and the worker are left out.
    """
    chosen = [] if settings.mlflow_url else [registry(settings)]
    if not settings.prefect_url:
        chosen.append(orchestrator(settings))
    chosen.append(monitor(settings))
    if version is not None:
        chosen += [predictor(settings, version), explainer(settings, version)]
    return chosen if settings.prefect_url else [*chosen, worker(settings)]


def explainer_python(settings: PlatformSettings) -> Path:
    """The interpreter with the explainer's libraries; it may be missing."""
    return Path(settings.explainer_python or Path(sys.prefix).parent / ".venv-explainer" / "bin" / "python")


def registry(settings: PlatformSettings) -> ServiceProcess:
    """MLflow."""
    folder, port = settings.folder / "mlflow", settings.mlflow_port
    folder.mkdir(parents=True, exist_ok=True)
    return ServiceProcess(
        name="registry",
        command=(
            *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)),
            *("--workers", "1", "--backend-store-uri", "sqlite:///mlflow/mlflow.sqlite"),
            *("--serve-artifacts", "--artifacts-destination", (folder / "artifacts").as_uri()),
        ),
        environment={"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
        ports={"CREDENCE_MLFLOW_PORT": port},
        url=settings.registry_url,
        alive="/health",
        ready="/health",
        start_seconds=180,  # its imports take many seconds, and at its first start it creates its tables
        stop_seconds=10,
    )


def orchestrator(settings: PlatformSettings) -> ServiceProcess:
    """Prefect's server, with its runs in a SQLite file in the state folder."""
    port = settings.prefect_port
    return ServiceProcess(
        name="orchestrator",
        command=(
            *(sys.executable, "-m", "uvicorn", "--factory", "flows.orchestration.server:create_app"),
            *("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning", "--timeout-graceful-shutdown", "3"),
        ),
        environment={
            **prefect_environment(settings),
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": "sqlite+aiosqlite:///prefect/prefect.db",
        },
        ports={"CREDENCE_PREFECT_PORT": port},
        url=settings.orchestrator_url,
        alive=HEALTH,
        ready=HEALTH,
        start_seconds=180,  # for the same reasons as the registry
        stop_seconds=10,
    )


def worker(settings: PlatformSettings) -> ServiceProcess:
    """The process that registers the deployments and starts their runs, each as a separate process."""

    def online(started: Started) -> bool:
        return last_heartbeat(settings) > max(started.created, time.time() - 4 * _HEARTBEAT_SECONDS)

    return ServiceProcess(
        name="worker",
        command=(sys.executable, "-m", "flows.orchestration.worker"),
        environment={
            **settings.environment,
            **prefect_environment(settings),
            "PREFECT_WORKER_QUERY_SECONDS": "2",
            "PREFECT_WORKER_HEARTBEAT_SECONDS": str(_HEARTBEAT_SECONDS),
        },
        ports={},
        url=pool_page(settings),
        alive=lambda _: True,  # if the orchestrator is down, it waits for it
        ready=online,
        start_seconds=240,  # it waits for the orchestrator
        stop_seconds=30,  # it ends the runs that it started
    )


def monitor(settings: PlatformSettings) -> ServiceProcess:
    """The monitor, which collects records and judges them."""
    return ServiceProcess(
        name="monitor",
        command=(sys.executable, "-m", "monitoring"),
        environment={
            "CREDENCE_HOME": str(settings.folder),
            "CREDENCE_MONITOR_PORT": str(settings.monitor_port),
            "CREDENCE_MONITOR_DATABASE": os.environ.get("CREDENCE_MONITOR_DATABASE") or "sqlite:///records.sqlite",
            "CREDENCE_MONITOR_MODELS": str(settings.models),
            "CREDENCE_PREFECT_URL": settings.orchestrator_url,
        },
        ports={"CREDENCE_MONITOR_PORT": settings.monitor_port},
        url=settings.monitor_url,
        alive="/health/live",
        ready="/health/ready",
        start_seconds=60,
        stop_seconds=10,
    )


def explainer(settings: PlatformSettings, version: str) -> ServiceProcess:
    """KServe's explainer for one version, with its own interpreter, because its libraries conflict with ours."""
    return ServiceProcess(
        name="explainer",
        command=(
            *(str(explainer_python(settings)), "-m", "serving.explainer", "--models", str(settings.models)),
            *("--version", version, "--http_port", str(settings.explainer_port)),
        ),
        environment={},
        ports={"CREDENCE_EXPLAINER_PORT": settings.explainer_port},
        url=settings.explainer_url,
        alive="/v2/health/live",
        ready="/v2/health/ready",
        start_seconds=120,  # its imports take many seconds
        stop_seconds=10,
    )


def predictor(settings: PlatformSettings, version: str) -> ServiceProcess:
    """The predictor, which answers applications."""
    return ServiceProcess(
        name="predictor",
        command=(
            *(sys.executable, "-m", "serving.predictor", "--models", str(settings.models), "--version", version),
            *("--http-port", str(settings.http_port), "--admin-port", str(settings.admin_port)),
            *("--log-directory", str(settings.folder / "log"), "--monitor-url", settings.monitor_url),
        ),
        environment={},
        ports={"CREDENCE_HTTP_PORT": settings.http_port, "CREDENCE_ADMIN_PORT": settings.admin_port},
        url=settings.predictor_url,
        alive="/v2/health/live",
        ready="/v2/health/ready",
        start_seconds=60,
        stop_seconds=30,  # it finishes its requests and sends the rest of its log
    )
