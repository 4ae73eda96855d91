"""`credence promote`, `publish`, `rollback` and `status`: change and show the live version."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from flows.cli.output import CommandOutput, reporting, table, user

if TYPE_CHECKING:
    from flows.status import PlatformOverview
    from training.registry.trail import Change

_SHOWN = 10
_LONGEST = 100


@click.command()
@click.argument("version", required=False)
@click.option("--approve", metavar="REASON", help="Put it live if the gate leaves this to a person; recorded.")
@reporting
def promote(output: CommandOutput, version: str | None, approve: str | None) -> None:
    """Let a registered VERSION take the champion's place; by default the challenger, the newest one trained.

    The gate compares both on the champion's latest closed cohort; a first version is compared with a constant on its
    hold-out. If all criteria hold, the version is loaded without dropping a request, checked with its replay
    applications, and watched; only then is it `champion`. If any step fails, the old version is put back. --approve
    decides if the gate is undecided, and overrides an alarm, a changed approval rate or an unfavoured group. It never
    lets a model pass that is worse, or that answers differently than in training. Exits with 1 unless the version is
    live.

    \b
    Example:  credence promote 3
    Next:     POST to http://127.0.0.1:8080/v2/models/credit-default/infer; http://127.0.0.1:8080/docs shows how
    """
    from flows.settings import from_environment
    from flows.start import run

    parameters = {"version": version, "approve": approve, "by": user()}
    _end(output, run("promote", from_environment(), output.say, **parameters))


@click.command()
@click.argument("version")
@reporting
def publish(output: CommandOutput, version: str) -> None:
    """Put a registered VERSION where pods in a cluster fetch it, without promoting it: for a canary.

    A promotion does this itself. The version goes to the artifacts of the MLflow server; the live version stays live.

    \b
    Example:  credence publish 4
    Next:     the canary in docs/operators-guide.md
    """
    from flows.runs.publish import publish_version
    from flows.settings import from_environment

    done = publish_version(from_environment(), version)
    output.result(done, f"version {version} is published in {done.folder} at {done.url}")


@click.command()
@click.option("--why", default="asked for", show_default=True, metavar="REASON", help="For the audit trail.")
@reporting
def rollback(output: CommandOutput, why: str) -> None:
    """Put the previous champion live again, proved and watched as in a promotion but without a gate.

    The two versions change places, so a second rollback reverses the first. Exits with 1 unless the previous version is
    live.

    \b
    Example:  credence rollback --why "complaints about refusals"
    Next:     credence status shows the audit trail
    """
    from flows.settings import from_environment
    from flows.start import run

    _end(output, run("rollback", from_environment(), output.say, why=why, by=user()))


@click.command()
@reporting
def status(output: CommandOutput) -> None:
    """Say what is up on this machine, which version is live, and how it came to be.

    Compares the version of the predictor's answers with the registry's aliases and with the audit trail, and names the
    command that repairs a difference. --json shows the whole trail, with the gate's figures.

    \b
    Example:  credence status --json
    """
    from flows.settings import from_environment
    from flows.status import look

    overview = look(from_environment())
    output.result(overview, _shown(overview))


def _end(output: CommandOutput, change: Change) -> None:
    output.result(change, _change_text(change))
    if change.state != "done":
        sys.exit(1)


def _change_text(change: Change) -> str:
    if change.state == "done":
        approved = f", approved: {change.approved}" if change.approved else ""
        return f"version {change.after} is live, before it {change.before or 'none'} ({change.why}{approved})"
    from training.registry.trail import PASSED

    criteria = change.gate.criteria if change.gate else ()
    rows = [(each.name, PASSED[each.passed], each.sentence) for each in criteria]
    head = f"version {change.after} is not live, {change.before or 'none'} is: {change.state}. {change.why}"
    if change.state == "undecided":
        head += f'\nA person may decide: credence promote {change.after} --approve "reason"'
    return f"{head}\n{table(rows)}" if rows else head


def _shown(overview: PlatformOverview) -> str:
    processes = [
        (process.name, process.state, process.url, f"version {process.version}" if process.version else "")
        for process in overview.processes
    ]
    aliases = [f"{name.replace('_', ' ')} {version}" for name, version in sorted(overview.aliases.items())]
    lines = [table(processes), "", ", ".join([f"live {overview.live or 'none'}", *aliases])]
    lines += [f"! {sentence}" for sentence in overview.mismatches]
    if overview.registry_away:
        lines.append(f"! {overview.registry_away}")
    rows = [_row(change) for change in overview.changes[:_SHOWN]]
    return "\n".join([*lines, "", table([("when", "who", "what", "from", "to", "", "why"), *rows])] if rows else lines)


def _row(change: Change) -> tuple[str, ...]:
    when = datetime.fromtimestamp(change.at / 1e6, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    why = f"{change.why} (approved: {change.approved})" if change.approved else change.why
    why = why if len(why) <= _LONGEST else f"{why[: _LONGEST - 1]}…"
    return (when, change.by, change.kind, change.before or "-", change.after, change.state, why)
