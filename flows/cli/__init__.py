"""The `credence` command.

Options, help texts and the output of results belong here. The work of a command is a function of another module. It is
imported when the command runs, so that help is fast.
"""

from __future__ import annotations

import signal

import click

from flows.cli.data import data
from flows.cli.demo import demo
from flows.cli.init import init
from flows.cli.model import history, retrain, train
from flows.cli.platform import down, up
from flows.cli.promotion import promote, publish, rollback, status
from flows.cli.records import records
from flows.cli.report import report
from flows.cli.review import review
from flows.cli.score import score

__all__ = ["credence", "main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="credence")
def credence() -> None:
    """Credit scoring: train a model, serve it with reasons, keep a record of every decision.

    Begin with `credence demo`, which does all of this with synthetic clients. The steps by hand are

    \b
        credence up                      start the platform on this machine
        credence init TABLE --outcome COLUMN   describe a table of yours; without it, a synthetic lender
        credence train --data DIR        a model from the tables in a folder
        credence promote                 put it live, if it passes the gate
        credence records status          what was answered, and whether all of it is recorded

    The state is in .credence (or CREDENCE_HOME); settings are environment variables that begin with CREDENCE_.
    Every command takes --json, and exits with 0 when done, 1 when refused or failed, 2 for wrong usage.
    """


for _command in (
    demo,
    up,
    down,
    status,
    init,
    data,
    train,
    history,
    promote,
    publish,
    rollback,
    retrain,
    review,
    score,
    records,
    report,
):
    credence.add_command(_command)


def main() -> None:
    """Run the command line; SIGTERM ends a command in the same way as Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    credence()
