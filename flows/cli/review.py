"""`credence review`: judges the live version now."""

from __future__ import annotations

import click

from flows.cli.output import CommandOutput, reporting


@click.command()
@reporting
def review(output: CommandOutput) -> None:
    """Let the monitor judge the live version now, and say what the verdict is and why.

    It closes the open window, even if it has few records. Without this command, the monitor does so when a window is
    full. A verdict of recalibrate or retrain starts that run once, as any other verdict does.

    \b
    Example:  credence review
    Next:     http://127.0.0.1:8090/review shows windows, verdicts and what was done about each
    """
    from flows.clients.monitor import review_now
    from flows.settings import from_environment

    verdict = review_now(from_environment())
    lines = [f"version {verdict['version']}: {verdict['judgement']}", *(f"  {why}" for why in verdict["why"])]
    output.result(verdict, "\n".join(lines))
