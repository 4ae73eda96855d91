"""`credence score`: decides on the applications in a file."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from flows.cli.output import CommandOutput, reporting


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="CSV or Parquet, by its suffix.")
@click.option("--reasons", is_flag=True, help="Up to four reasons that speak against each applicant.")
@click.option("--version", help="A version that was live here; by default the one that is.")
@reporting
def score(output: CommandOutput, file: Path, out: Path, reasons: bool, version: str | None) -> None:
    """Decide on every application in FILE: CSV (also .gz or .zip) or Parquet, with one row per applicant.

    The answers are exactly the predictor's for the same version and client history; nothing has to be up. A column has
    the name of a field of the model; SK_ID_CURR adds a known client's history. Writes SK_ID_CURR,
    probabilite_de_defaut, classe, version, history, error and, with --reasons, the reasons in French and English. An
    application that the predictor would refuse to answer has an error instead of a decision. If the file is not a
    table of applications, the command ends and nothing is written. No records are kept.

    \b
    Example:  credence score application_test.parquet --out decisions.csv --reasons
    """
    import os
    from functools import partial

    from flows.deploy.home import local_version
    from flows.runs.applications import batches_of
    from flows.settings import from_environment
    from serving.batch.score import score_file
    from serving.process.settings import VersionSettings, gather

    settings = from_environment()
    number = local_version(settings, version, output.say)
    predictor = gather(VersionSettings, {"models": settings.models, "version": number}, os.environ)
    read = partial(batches_of, file)
    done = score_file(file, out, predictor, read, reasons=reasons, say=output.say)
    if done.ignored:
        output.say(f"columns that the model does not read: {', '.join(done.ignored)}")
    if done.unanswered:
        output.say(f"{done.unanswered:,} applications are not decided, see `error`; the first is {done.first_error}")
    output.result(
        {"out": str(out.absolute()), "version": number, **msgspec.to_builtins(done)},
        f"{done.rows:,} applications by version {number}, {done.refused:,} refused, {done.unusual:,} unusual, in {out}",
    )
