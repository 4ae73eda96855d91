"""What the platform on this machine consists of: each process with its command, its ports and how to ask for it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from flows.clients.prefect import HEALTH, last_heartbeat, pool_page, prefect_environment
from flows.machine.process import ServiceProcess, Started
from flows.settings import PlatformSettings

_HEARTBEAT_SECONDS = 10


def services(settings: PlatformSettings, version: str | None) -> list[ServiceProcess]:
    """What should run while `version` is live, in the order of starting; the worker last, as it moves the others.

    A registry that is elsewhere is not among them, nor an orchestrator that is, with its workers.
    """
    found = [] if settings.mlflow_url else [registry(settings)]
    if not settings.prefect_url:
        found.append(orchestrator(settings))
    found.append(monitor(settings))
    if version is not None:
        found += [predictor(settings, version), explainer(settings, version)]
    return found if settings.prefect_url else [*found, worker(settings)]


def explainer_python(settings: PlatformSettings) -> Path:
    """The interpreter that has the explainer's libraries, which may not be there."""
    return Path(settings.explainer_python or Path(sys.prefix).parent / ".venv-explainer" / "bin" / "python")


def registry(settings: PlatformSettings) -> ServiceProcess:
    """MLflow."""
    folder, port = settings.folder / "mlflow", settings.mlflow_port
    folder.mkdir(parents=True, exist_ok=True)
    return ServiceProcess(
        name="registry",
        command=(
            *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)),
            *("--workers", "1", "--backend-store-uri", f"sqlite:///{folder / 'mlflow.sqlite'}"),
            *("--serve-artifacts", "--artifacts-destination", str(folder / "artifacts")),
        ),
        environment={"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
        ports={"CREDENCE_MLFLOW_PORT": port},
        url=settings.registry_url,
        alive="/health",
        ready="/health",
        start_seconds=180,  # it imports for many seconds and makes its tables the first time
        stop_seconds=10,
    )


def orchestrator(settings: PlatformSettings) -> ServiceProcess:
    """Prefect's server, its runs in SQLite in the state folder."""
    port = settings.prefect_port
    return ServiceProcess(
        name="orchestrator",
        command=(
            *(sys.executable, "-m", "uvicorn", "--factory", "flows.orchestration.server:create_app"),
            *("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning", "--timeout-graceful-shutdown", "3"),
        ),
        environment=prefect_environment(settings),
        ports={"CREDENCE_PREFECT_PORT": port},
        url=settings.orchestrator_url,
        alive=HEALTH,
        ready=HEALTH,
        start_seconds=180,  # as the registry
        stop_seconds=10,
    )


def worker(settings: PlatformSettings) -> ServiceProcess:
    """The process that registers the deployments and runs them, each run a process of its own."""

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
        alive=lambda _: True,  # without an orchestrator it waits for one
        ready=online,
        start_seconds=240,  # it waits for the orchestrator
        stop_seconds=30,  # it ends the runs that it began
    )


def monitor(settings: PlatformSettings) -> ServiceProcess:
    """The collector of records, which judges them."""
    return ServiceProcess(
        name="monitor",
        command=(sys.executable, "-m", "monitoring"),
        environment={
            "CREDENCE_HOME": str(settings.folder),
            "CREDENCE_MONITOR_PORT": str(settings.monitor_port),
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
    """KServe's explainer for one version, by its own interpreter because its libraries and ours do not meet."""
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
        start_seconds=120,  # it imports for many seconds
        stop_seconds=10,
    )


def predictor(settings: PlatformSettings, version: str) -> ServiceProcess:
    """What answers applications."""
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
        stop_seconds=30,  # it says goodbye to its callers and ships what is left of its log
    )
