"""`credence records`: list, count and erase records of answered applications."""

from __future__ import annotations

import click

from flows.cli.output import CommandOutput, reporting, table


@click.group()
def records() -> None:
    """Records of answered applications: list them, count them, forget a client's."""


@records.command("list")
@click.option("--client", type=int, metavar="SK_ID_CURR", help="Only this client's.")
@click.option("--version", help="Only those of this version.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@reporting
def list_records(output: CommandOutput, client: int | None, version: str | None, limit: int) -> None:
    """List records, the latest first.

    \b
    Example:  credence records list --client 100001
    """
    from flows.clients.monitor import read_records
    from flows.settings import from_environment

    listed = read_records(from_environment(), client, version, limit)
    columns = ("id", "at", "client", "version", "probability", "decision")
    rows = [tuple(str(record.get(column, "")) for column in columns) for record in listed]
    output.result({"records": listed}, table([columns, *rows]) if rows else "no records")


@records.command()
@reporting
def status(output: CommandOutput) -> None:
    """Count what the predictors answered and what the monitor holds of it; both should be the same.

    \b
    Example:  credence records status --json
    """
    from flows.clients.monitor import count_records
    from flows.settings import from_environment

    figures = count_records(from_environment())
    output.result(figures, table([(name, str(value)) for name, value in figures.items()]))


@records.command()
@click.argument("client", type=click.IntRange(min=0), metavar="SK_ID_CURR")
@reporting
def forget(output: CommandOutput, client: int) -> None:
    """Erase every record of the client SK_ID_CURR: in the monitor's store and in the prediction log. There is no undo.

    In a cluster, only a predictor can access its log: wait until `credence records status` shows no missing record.

    \b
    Example:  credence records forget 100001
    """
    from flows.runs.forget import forget_client
    from flows.settings import from_environment

    erased = forget_client(from_environment(), client)
    text = f"client {client}: {erased['store']} records erased in the store, {erased['log']} in the prediction log"
    output.result({"client": client, **erased}, text)
