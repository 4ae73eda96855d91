"""`credence up` and `down`: the platform on this machine."""

from __future__ import annotations

import click

from flows.cli.output import CommandOutput, reporting, table


@click.command()
@reporting
def up(output: CommandOutput) -> None:
    """Start the platform on this machine, and wait until it is ready.

    It starts the processes that are not up yet: the model registry (MLflow, port 5000), the orchestrator (Prefect,
    4200) with a worker, and the monitor (8090). If a version is live, also the predictor (8080) and the explainer
    (8082). They continue to run when the command ends; their logs are in .credence/logs. These settings change the
    ports: CREDENCE_MLFLOW_PORT, CREDENCE_PREFECT_PORT, CREDENCE_MONITOR_PORT, CREDENCE_HTTP_PORT, CREDENCE_ADMIN_PORT
    and CREDENCE_EXPLAINER_PORT. A changed setting affects processes that start later; after `credence down`, all.

    \b
    Example:  credence up
    Next:     credence train, then credence promote; credence down ends it
    """
    from flows.machine.platform import Platform
    from flows.settings import from_environment

    settings = from_environment()
    settings.only_here("`credence up`", "`helm upgrade --install` starts the platform there")
    platform = Platform(settings)
    started = platform.up(output.say)
    statuses = platform.status()
    output.result({"started": started, "processes": statuses}, _shown(statuses))


@click.command()
@reporting
def down(output: CommandOutput) -> None:
    """Stop what `credence up` started on this machine, and nothing else.

    Runs that the worker started are ended first. The predictor answers its open requests and sends its records. Nothing
    is deleted.

    \b
    Example:  credence down
    Next:     credence up continues from the same state
    """
    from flows.machine.platform import Platform
    from flows.settings import from_environment

    settings = from_environment()
    settings.only_here("`credence down`", "`helm uninstall` ends the platform there")
    stopped = Platform(settings).down(output.say)
    output.result({"stopped": stopped}, f"stopped: {', '.join(stopped)}" if stopped else "nothing was up")


def _shown(statuses: list) -> str:  # type: ignore[type-arg] # of Status, which is not imported for a help text
    rows = [
        (process.name, process.state, process.url, f"version {process.version}" if process.version else "")
        for process in statuses
    ]
    return table(rows)
