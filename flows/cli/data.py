"""`credence data`: checks raw tables, and makes synthetic ones."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from flows.cli.output import CommandOutput, reporting


@click.group()
def data() -> None:
    """Raw tables: check a folder of them, or make a synthetic lender's."""


@data.command()
@click.argument("directory", type=click.Path(path_type=Path))
@reporting
def check(output: CommandOutput, directory: Path) -> None:
    """Say what is wrong with the raw tables in DIRECTORY, without changing anything.

    It looks for the Home Credit files by name, as CSV or Parquet: application_train (needed), application_test, bureau,
    bureau_balance, previous_application, POS_CASH_balance, credit_card_balance, installments_payments. An error would
    make a result wrong and exits with 1; with a warning the result stands.

    \b
    Example:  credence data check ~/home-credit
    Next:     credence train --data ~/home-credit
    """
    from training import tables
    from training.products import product_of

    report = tables.check(directory, product_of(directory), output.say)
    lines = [f"{file.file}: {file.rows:,} rows, {file.columns} columns" for file in report.files]
    if report.absent:
        lines.append(f"absent: {', '.join(report.absent)}")
    lines += [str(problem) for problem in report.problems]
    lines.append(f"{len(report.errors)} errors, {len(report.warnings)} warnings")
    output.result(report, "\n".join(lines))
    if report.errors:
        sys.exit(1)


@data.command()
@click.option("--clients", type=click.IntRange(min=1), default=20_000, show_default=True, help="Labelled clients.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new or empty folder.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Same seed, same bytes.")
@reporting
def synth(output: CommandOutput, clients: int, out: Path, seed: int) -> None:
    """Write a synthetic lender's raw tables, drawn from published statistics of real ones.

    Writes Parquet files with the columns, missing values, correlations and difficulty of the Home Credit tables, and a
    quarter as many applications without an outcome beside the labelled ones. No row is a real client's.

    \b
    Example:  credence data synth --clients 20000 --out lender
    Next:     credence train --data lender
    """
    from training.synthetic import synthesise

    synthesise(clients, out, seed, lambda done, total: output.say(f"{done:,} of {total:,} clients"))
    files = {path.name: path.stat().st_size for path in sorted(out.iterdir())}
    output.result(
        {"directory": str(out.absolute()), "clients": clients, "seed": seed, "files": files},
        f"{len(files)} tables of {clients:,} labelled clients in {out}",
    )
