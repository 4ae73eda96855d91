"""`credence up`, `down`, `status` and `serve`: the platform on this machine."""

from __future__ import annotations

import click

from flows.cli.output import Output, reporting, table


@click.command()
@reporting
def up(output: Output) -> None:
    """Start the platform on this machine, and wait until it is ready.

    It starts what is not up yet: the model registry (MLflow, port 5000), the monitor (8090) and, once a version was put
    live, the predictor (8080). They go on running when the command ends; their logs are in .credence/logs. A port is
    moved with CREDENCE_MLFLOW_PORT, CREDENCE_MONITOR_PORT, CREDENCE_HTTP_PORT or CREDENCE_ADMIN_PORT.

    \b
    Example:  credence up
    Next:     credence train, then credence serve; credence down ends it
    """
    from flows.local import Platform
    from flows.settings import from_environment

    platform = Platform(from_environment())
    started = platform.up(output.say)
    found = platform.status()
    output.result({"started": started, "processes": found}, _shown(found))


@click.command()
@reporting
def down(output: Output) -> None:
    """Stop what `credence up` started on this machine, and nothing else.

    The predictor answers what it has begun and ships its records first. Nothing is deleted.

    \b
    Example:  credence down
    Next:     credence up goes on where it was
    """
    from flows.local import Platform
    from flows.settings import from_environment

    stopped = Platform(from_environment()).down(output.say)
    output.result({"stopped": stopped}, f"stopped: {', '.join(stopped)}" if stopped else "nothing was up")


@click.command()
@reporting
def status(output: Output) -> None:
    """Say what is up on this machine, where, and which version is live.

    \b
    Example:  credence status --json
    """
    from flows.local import Platform
    from flows.settings import from_environment

    found = Platform(from_environment()).status()
    output.result({"processes": found}, _shown(found))


@click.command()
@click.argument("version", required=False)
@reporting
def serve(output: Output, version: str | None) -> None:
    """Put a registered VERSION live on this machine; by default the challenger, the newest one trained.

    Downloads its bundle, makes the client history if its training data are still there, loads it without dropping a
    request, and asks it the applications whose answers it carries. Only if all answers agree does it become the
    `champion`; otherwise what was live still is.

    \b
    Example:  credence serve 3
    Next:     POST to http://127.0.0.1:8080/v2/models/credit-default/infer; http://127.0.0.1:8080/docs shows how
    """
    from flows.deploy.local import Local
    from flows.errors import FlowError
    from flows.local import Platform
    from flows.settings import from_environment
    from training.registry import Registry

    settings = from_environment()
    registry = Registry(settings.registry_url)
    chosen = version or registry.aliases().get("challenger")
    if chosen is None:
        raise FlowError("there is no version to serve yet: `credence train` makes one")
    Local(Platform(settings), registry, output.say).deploy(chosen)
    output.result({"version": chosen, "url": settings.predictor_url}, f"version {chosen} at {settings.predictor_url}")


def _shown(found: list) -> str:  # type: ignore[type-arg] # of Status, which is not imported for a help text
    rows = [(one.name, one.state, one.url, f"version {one.version}" if one.version else "") for one in found]
    return table(rows)
