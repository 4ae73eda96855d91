"""`credence train`, `retrain` and `history`: make versions and client histories from raw tables and outcomes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.output import CommandOutput, reporting, table, user

if TYPE_CHECKING:
    from flows.runs.retrain import Retrained
    from flows.runs.train import Trained


@click.command()
@click.option("--data", type=click.Path(path_type=Path), help="Folder of raw tables; a synthetic lender without it.")
@click.option("--trials", type=click.IntRange(min=1), default=8, show_default=True, help="Parameter sets per family.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Same seed, same model.")
@click.option("--allow", multiple=True, metavar="FIELD", help="Admit a protected field as an input; repeatable.")
@click.option("--cost-fn", type=click.FloatRange(min=0, min_open=True), default=10.0, show_default=True)
@click.option("--cost-fp", type=click.FloatRange(min=0, min_open=True), default=1.0, show_default=True)
@reporting
def train(
    output: CommandOutput,
    data: Path | None,
    trials: int,
    seed: int,
    allow: tuple[str, ...],
    cost_fn: float,
    cost_fp: float,
) -> None:
    """Train a model on raw tables and register it as the next version, the `challenger`.

    Needs `credence up`. It makes features of all tables and compares candidates by cross-validation. It chooses the
    cheapest, by the costs of an accepted default (--cost-fn) and of a refused good client (--cost-fp). This one is
    calibrated, and judged on clients that were not used in training. All results go to the registry: figures, reports,
    model card and the version.

    \b
    Example:  credence train --data ~/home-credit --trials 20
    Next:     credence promote, and the run's reports at http://127.0.0.1:5000
    """
    from flows.settings import from_environment
    from flows.start import run

    trained: Trained = run(
        "train",
        from_environment(),
        output.say,
        data=None if data is None else str(data.absolute()),
        trials=trials,
        seed=seed,
        allow=list(allow),
        cost_fn=cost_fn,
        cost_fp=cost_fp,
    )
    output.result(summary(trained), shown(trained))


@click.command()
@click.option("--recalibrate", is_flag=True, help="Keep the champion's model and only calibrate it again.")
@reporting
def retrain(output: CommandOutput, recalibrate: bool) -> None:
    """Train a version with the outcomes that are known since the champion's training, and promote it.

    Learns from the champion's raw tables and from the outcomes of all closed cohorts except the champion's latest. On
    that cohort, the gate then compares the two versions. Needs `credence up` and two closed cohorts. The monitor and
    CREDENCE_RETRAIN_CRON start the same run; then a person must agree before the version is live, unless
    CREDENCE_APPROVAL is automatic. Exits with 1 unless the new version is live.

    \b
    Example:  credence retrain
    Next:     credence status shows the result; http://127.0.0.1:4200 shows the run
    """
    from flows.runs.trail import describe_change
    from flows.settings import from_environment
    from flows.start import run

    kind = "recalibrate" if recalibrate else "retrain"
    retrained: Retrained = run("retrain", from_environment(), output.say, by=user(), kind=kind)
    version, change = retrained.version.number, retrained.change
    assert change is not None  # a person started the command, so the run does not wait for one
    output.result(
        {"version": version, "metrics": retrained.manifest.metrics, "change": change}, describe_change(change)
    )
    if change.state != "done":
        sys.exit(1)


@click.command()
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Folder of raw tables.")
@click.option("--version", help="Version whose features to make; by default the live one.")
@reporting
def history(output: CommandOutput, data: Path, version: str | None) -> None:
    """Make the client history: the features of the history tables, for every known client.

    A predictor adds a known client's history to an application that has SK_ID_CURR. The file is written beside the
    versions in .credence/models and dated today; a running predictor loads it at once. Run it daily. In a cluster, a
    CronJob does this: the file is published, and every pod is restarted with it; no request fails.

    \b
    Example:  credence history --data ~/home-credit
    """
    from flows.machine.platform import Platform
    from flows.runs.history import refresh, renew
    from flows.settings import from_environment

    settings = from_environment()
    if settings.in_cluster:
        made = renew(settings, data, output.say)
    else:
        made = refresh(Platform(settings), data, version, output.say)
    output.result(made, f"{made.clients:,} clients, {made.features} features as of {made.as_of} in {made.path}")


def summary(trained: Trained) -> dict[str, object]:
    """A training run as JSON."""
    manifest = trained.manifest
    return {
        "version": trained.version.number,
        "run_id": trained.version.run_id,
        "family": manifest.family,
        "features": len(manifest.features),
        "fields": len(manifest.fields),
        "policy": manifest.policy,
        "metrics": manifest.metrics,
        "allowed": manifest.allowed,
        "alarms": manifest.alarms,
        "seconds": trained.seconds,
    }


def shown(trained: Trained) -> str:
    """A training run as text for people: the hold-out figures with their 95 % intervals."""
    manifest = trained.manifest
    rows = [
        (name.replace("_", " "), f"{figure.value:.4f}", f"{figure.low:.4f} to {figure.high:.4f}")
        for name, figure in manifest.metrics.items()
    ]
    policy = manifest.policy
    rows.append(("threshold", f"{policy.threshold:.4f}", f"{policy.threshold_low:.4f} to {policy.threshold_high:.4f}"))
    head = f"version {trained.version.number}: {manifest.family}, {len(manifest.features)} features"
    head += "" if trained.seconds is None else f", trained in {trained.seconds:.0f} s"
    return "\n".join([head, table([("on the hold-out", "", "95 % interval"), *rows]), *manifest.alarms])
