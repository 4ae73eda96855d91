"""`credence init`: a first definition of a lender's own table."""

from __future__ import annotations

from pathlib import Path

import click

from flows.cli.output import CommandOutput, reporting


@click.command()
@click.argument("table", type=click.Path(path_type=Path))
@click.option("--outcome", required=True, metavar="COLUMN", help="The column that says what became of a loan.")
@click.option("--default", metavar="VALUE", help="Its value for a client who defaulted, if that is not plain.")
@click.option("--client", metavar="COLUMN", help="The column with the client's number, if there is one.")
@click.option("--out", type=click.Path(path_type=Path), help="A folder; by default one called as the table.")
@reporting
def init(
    output: CommandOutput, table: Path, outcome: str, default: str | None, client: str | None, out: Path | None
) -> None:
    """Describe the applications in TABLE, a CSV or Parquet file with one row per application.

    Writes a folder with the table and product.toml, in which every guess is marked. Read it, decide what it asks, and
    train. Separator, decimal sign and encoding of the file are found out.

    \b
    Example:  credence init loans.csv --outcome default --out bank
    Next:     edit bank/product.toml, then: credence data check bank
    """
    from training.drafts import draft, write
    from training.drafts.sheet import read_sheet

    name = table.name.partition(".")[0]
    output.say(f"reading {table.name}")
    frame = read_sheet(table)
    output.say(f"looking at {len(frame.columns)} columns of {frame.height:,} rows")
    made = draft(frame, name, outcome, client, default)
    folder = out or Path(name)
    try:
        _, definition = write(made, folder)
    except FileExistsError:
        raise click.ClickException(
            f"{folder}/product.toml is there already: remove it, or name another --out"
        ) from None
    guessed = [f"{column.name}: {column.type}" + ", protected" * column.protected for column in made.columns]
    guessed += [f"  {each.name}: left out, {each.reason}" for each in made.left_out]
    output.result(
        {
            "folder": str(folder.absolute()),
            "rows": made.frame.height,
            "default_rate": made.rate,
            "columns": made.columns,
            "left_out": made.left_out,
        },
        "\n".join(guessed)
        + f"\n{made.frame.height:,} applications, {made.rate:.1%} of them defaults ({outcome} = {made.default})\n"
        + f"Now read {definition}, and decide what is protected, what an applicant can change, and the words.",
    )
