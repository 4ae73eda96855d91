"""`credence demo`: shows the whole loop once."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import click

from flows.cli.output import CommandOutput, reporting, table

_SCENARIOS = ("changed", "population", "calibration")


_NEXT = "With a table of your own: credence init TABLE --outcome COLUMN"


@click.command()
@click.option("--scenario", type=click.Choice(_SCENARIOS), default="changed", show_default=True, help="What changes.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder of raw tables; a synthetic lender without it.")
@click.option("--clients", type=click.IntRange(min=1_000), default=15_000, show_default=True, help="Synthetic ones.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Same seed, same story.")
@click.option("--once", is_flag=True, help="End when done, as without a terminal.")
@reporting
def demo(output: CommandOutput, scenario: str, data: Path | None, clients: int, seed: int, once: bool) -> None:
    """Show the whole loop on this machine, in under six minutes.

    Makes a synthetic lender, trains a model, lets it pass the gate, serves it, and explains one of its decisions. Then
    the world changes: the applicants and their relation to default (changed), only the applicants (population), or
    only the default rate (calibration). The monitor notices this and starts a retraining, and the gate decides about
    the new version. If a step has an unexpected result, the demo ends with an error. With a seed other than 0, the
    gate's answer to the new version may be such a result.

    It uses a separate state folder, .credence/demo, which it deletes first, and the same ports as `credence up`. It
    stays up until Ctrl-C, unless --once is given or there is no terminal, and then stops what it started. With --data
    it ends after the first verdict, because the world of real tables does not change.

    \b
    Example:  credence demo --once
    Next:     credence init, for a table of your own
    """
    from flows.demo.play import play
    from flows.demo.story import Stage, Story, clear, platform_of, settings_of
    from flows.demo.words import shortened
    from flows.settings import from_environment

    began, settings = time.monotonic(), from_environment()
    settings.only_here("`credence demo`", "`credence train` and `credence promote` begin the same loop there")
    platform = platform_of(settings_of(settings))
    clear(platform)
    story = Story(None if data is not None else scenario)
    try:
        play(Stage(platform, story, shortened(output.say)), data and data.absolute(), clients, seed)
        seconds = time.monotonic() - began
        rows = table(list(story.pages.items()))
        output.result(story, f"\ndone in {seconds:.0f} s\n{rows}\n{_NEXT}")
        if not once and sys.stdin.isatty() and sys.stdout.isatty():
            _stay(output)
    finally:
        platform.down(output.say)


def _stay(output: CommandOutput) -> None:
    output.say("It stays up until Ctrl-C.")
    try:
        signal.pause()
    except KeyboardInterrupt:
        output.say("")
