"""`credence report`: draws a drift report as a page."""

from __future__ import annotations

from pathlib import Path

import click

from flows.cli.output import CommandOutput, reporting


@click.command()
@click.option("--window", metavar="ID", help="A closed window, as /v1/windows and the review pages name it.")
@click.option("--file", type=click.Path(path_type=Path), help="CSV or Parquet, one row per applicant.")
@click.option("--version", help="With --file: a version that was live here; by default the one that is.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The HTML file.")
@reporting
def report(output: CommandOutput, window: str | None, file: Path | None, version: str | None, out: Path) -> None:
    """Draw chosen applications beside those that a model was tested on.

    The applications are those of a window in the monitor, or those of a file, which are answered as by
    `credence score`. The page is Evidently's, with the drift figures of the monitor's verdicts. Drawing takes half a
    minute; reading it needs no network.

    \b
    Example:  credence report --window 1-3 --out drift.html
              credence report --file application_test.parquet --out drift.html
    """
    from flows.runs.report import report_file, report_window
    from flows.settings import from_environment

    settings = from_environment()
    if file is not None and window is None:
        figures = report_file(settings, file, version, out, output.say)
    elif window is not None and file is None and version is None:
        figures = report_window(settings, window, out, output.say)
    else:
        raise click.UsageError("expected --window, or --file with or without --version")
    rows, drift = figures
    drifted = [column.name for column in drift.columns if column.drifted]
    output.result(
        {"out": str(out.absolute()), "rows": rows, "score_psi": drift.score.psi}
        | {"drifted_weight": drift.drifted_weight, "drifted": drifted},
        f"{rows:,} applications, score PSI {drift.score.psi:.3f}, {len(drifted)} of {len(drift.columns)} "
        f"columns drifted ({drift.drifted_weight:.1%} of what moves the score), in {out}",
    )
