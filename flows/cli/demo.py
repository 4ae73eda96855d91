"""`credence demo`: the whole loop once."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.output import Output, reporting, table

if TYPE_CHECKING:
    from flows.demo import Answers, Explained
    from flows.settings import Settings


@click.command()
@click.option("--data", type=click.Path(path_type=Path), help="Folder of raw tables; a synthetic lender without it.")
@click.option("--clients", type=click.IntRange(min=1_000), default=20_000, show_default=True, help="Synthetic ones.")
@click.option("--once", is_flag=True, help="End by itself, as it does without a terminal.")
@reporting
def demo(output: Output, data: Path | None, clients: int, once: bool) -> None:
    """Show the whole loop on this machine, in under three minutes.

    Makes a synthetic lender (or reads --data), trains a model, registers it, puts it live, answers 2,000 applications
    over the Open Inference Protocol, shows one with the reasons for its decision, and counts the records: all there,
    each once. Then it stays up until Ctrl-C, unless --once is given or there is no terminal, and stops what it started.
    A platform that is up already is used, its live version replaced, and left up.

    \b
    Example:  credence demo --once
    Next:     credence up, and credence train on your own tables
    """
    from flows import train as runs
    from flows.cli import model
    from flows.demo import answer, make
    from flows.local import Platform
    from flows.settings import from_environment
    from training.registry import Registry

    began, settings = time.monotonic(), from_environment()
    platform, registry = Platform(settings), Registry(settings.registry_url)
    before = platform.running()
    try:
        platform.begin(output.say)
        trained = make(platform, registry, data, clients, output.say)
        output.say(model.shown(trained))
        folder = runs.data_folder(settings.folder, data, clients, 0, output.say)
        answers, explained = answer(platform, trained, folder, output.say)
        seconds = time.monotonic() - began
        output.result(
            {
                **model.summary(trained),
                "applications": answers,
                "explained": explained,
                "pages": _pages(settings),
                "demo_seconds": seconds,
            },
            f"{_shown(answers, explained)}\n\ndone in {seconds:.0f} s",
        )
        if not once and sys.stdin.isatty() and sys.stdout.isatty():
            _stay(output, settings)
    finally:
        platform.down(output.say, only=[name for name in platform.running() if name not in before])


def _stay(output: Output, settings: Settings) -> None:
    output.say(f"\nIt stays up until Ctrl-C:\n{table(list(_pages(settings).items()))}")
    try:
        signal.pause()
    except KeyboardInterrupt:
        output.say("")


def _pages(settings: Settings) -> dict[str, str]:
    return {
        "runs, reports and versions": settings.registry_url,
        "the predictor's API": f"{settings.predictor_url}/docs",
        "records": f"{settings.monitor_url}/v1/records",
    }


def _shown(answers: Answers, explained: Explained) -> str:
    lines = [
        f"{answers.count:,} applications answered, {answers.refused:,} refused, median {answers.median_ms} ms",
        f"{answers.recorded:,} records in the monitor: all there, each once",
        *(f"not answered, client {one.client}: {one.error}" for one in answers.turned_away),
        "",
        f"client {explained.client}: {explained.decision} (history: {explained.history})",
        f"  probability of default {explained.probability:.4f}, threshold {explained.threshold:.4f}",
    ]
    for why in explained.reasons:
        values = ", ".join(f"{name} = {value}" for name, value in why.values.items())
        lines += [f"  {why.french} / {why.english} ({why.contribution:+.2f})", f"      {values}"]
    return "\n".join(lines)
