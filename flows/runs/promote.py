"""Replaces the live version: judges the new version, puts it live in steps, checks it, and undoes this if a step fails.

An attempt is recorded in the audit trail as `begun` before anything changes; the aliases move last. So, if this process
ends early, the next promotion or rollback finds the attempt. It resumes it if the new version already answers, or else
puts the old version back. The trail determines the champion. If a person moves an alias by hand, no version passes the
gate by that.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from flows.deploy.home import Home
from flows.errors import FlowError, Unconfirmed, Unfinished, describe_error
from flows.gate import evidence
from flows.gate.gate import judge, may_go_live
from flows.runs import trail
from flows.runs.decision import HumanDecision
from flows.settings import PlatformSettings
from flows.steps import Say
from training.bundle import Bundle, BundleError
from training.registry import Registry, RegistryError
from training.registry.trail import Change, Gate, State
from training.tables import DataError

_REFUSALS = (FlowError, RegistryError, BundleError, DataError)
"""Errors of a step that does not succeed. Any other exception is a fault, and is raised again after the undo."""


@dataclass(frozen=True)
class Considered:
    """A version with the gate's answer."""

    version: str
    champion: str | None
    """The version that it was compared with; None for a first version."""
    gate: Gate


def promote_version(
    registry: Registry,
    settings: PlatformSettings,
    home: Home,
    version: str | None,
    *,
    by: str,
    say: Say,
    decision: HumanDecision | None = None,
) -> Change:
    """Judge a version, by default the challenger, and put it live if the gate or a person's decision allows it.

    Raises RegistryError, FlowError before anything is changed. A later failure is undone, and the change says so.
    """
    with home.alone():
        settled = settle(home, registry, say)
    if settled and version in (None, settled[0].after):
        return settled[0]
    considered = consider_version(registry, settings, version, say)
    return carry_out(considered, home, registry, by=by, say=say, decision=decision)


def consider_version(registry: Registry, settings: PlatformSettings, version: str | None, say: Say) -> Considered:
    """Ask the gate about a version, by default the challenger. Raises RegistryError, BundleError, FlowError."""
    aliases = registry.aliases()
    number = version or aliases.get("challenger")
    if number is None:
        raise FlowError("there is no version to promote yet: `credence train` makes one")
    changes = registry.changes()
    champion = trail.champion(changes, aliases)
    promoted = any(change.state == "done" for change in changes)
    if number == champion and promoted:
        return Considered(number, champion, _again(number))
    new = Bundle.open(registry.download(registry.version(number).number, settings.models))
    if champion in (None, number):
        say(f"judging version {number}, the first, on its hold-out")
        return Considered(number, champion, judge(evidence.hold_out(new), evidence.fitness(None, new)))
    say(f"judging version {number} against version {champion}")
    old = Bundle.open(registry.download(champion, settings.models))
    gathered = evidence.gather_evidence(settings, champion, old, new, say)
    return Considered(number, champion, judge(gathered, evidence.fitness(old, new)))


def carry_out(
    considered: Considered,
    home: Home,
    registry: Registry,
    *,
    by: str,
    say: Say,
    decision: HumanDecision | None = None,
) -> Change:
    """Put a considered version live, or record that this is not allowed; the state of the change says which.

    Raises RegistryError before anything is changed, FlowError if the champion has changed, Unfinished if the previous
    version could not be put back.
    """
    with home.alone():
        settle(home, registry, say)
        live, gate = home.live(), considered.gate
        _check_unchanged(considered, live, registry)
        reason = None if decision is None else decision.reason
        refusal = reason if decision is not None and decision.kind == "refuse" else None
        change = Change(
            kind="promote",
            by=by,
            at=_now(),
            # If the version already answers without a promotion, it cannot also be the one to go back to.
            before=considered.champion if live == considered.version else live,
            after=considered.version,
            why=gate.why if refusal is None else f"refused by {by}: {refusal}. The gate: {gate.why}",
            approved=reason if refusal is None else None,
            state=_state(gate, decision),
            gate=gate,
        )
        recorded = registry.begin(change)
        return recorded if recorded.state != "begun" else _make(recorded, home, registry, say)


def return_to_previous(home: Home, registry: Registry, *, by: str, why: str, say: Say) -> Change:
    """Put the previous champion live again, without a gate. A second rollback reverses the first.

    An unfinished change is ended first. If that already has the effect of a rollback, this change is returned, because
    another rollback would go past the version that the caller wants. Raises as `carry_out` does.
    """
    with home.alone():
        settled = settle(home, registry, say)
        # The requested effect has just happened: a rollback was finished, or a promotion was undone.
        if settled and (settled[0].kind == "rollback") == (settled[0].state == "done"):
            return settled[0]
        live, previous = home.live(), trail.previous(registry.changes())
        if previous is None or previous == live:
            raise FlowError("there is no previous champion to go back to: no promotion has replaced a version yet")
        change = Change(kind="rollback", by=by, at=_now(), before=live, after=previous, why=why)
        return _make(registry.begin(change), home, registry, say)


def settle(home: Home, registry: Registry, say: Say) -> Sequence[Change]:
    """End unfinished changes: a change is resumed if its version is live, otherwise undone. Returns the ended changes.

    Raises RegistryError, Unfinished.
    """
    return [_settle(change, home, registry, say) for change in registry.changes() if change.state == "begun"]


def _settle(change: Change, home: Home, registry: Registry, say: Say) -> Change:
    say(f"an unfinished {change.kind} to version {change.after} was found")
    if home.live() == change.after:
        return _make(change, home, registry, say)
    return _undo(change, home, registry, say, FlowError(f"it was unfinished, and version {change.after} not live"))


def _make(change: Change, home: Home, registry: Registry, say: Say) -> Change:
    """Do every step of a recorded change; if a step fails, put the previous version back.

    It may remain uncertain whether another version still answers. That is not the version's fault, so it is not undone.
    """
    try:
        home.deploy(change.after)
        home.prove(change.after)
        home.watch(change.after)
        home.establish(change.after)
        _name(change, registry)
    except Unconfirmed as error:
        raise _unfinished(change, registry, error, f"Version {change.after} stays applied") from error
    except BaseException as error:
        undone = _undo(change, home, registry, say, error)
        if not isinstance(error, _REFUSALS):
            raise
        return undone
    say(f"version {change.after} is live and champion")
    return _ended(change, registry, "done", change.why)


def _undo(change: Change, home: Home, registry: Registry, say: Say, cause: BaseException) -> Change:
    """Put the previous version back, which needs no registry; then put the alias back, and record the end."""
    try:
        _put_back(change, home, say)
    except _REFUSALS as error:
        state = f"{_version(change.before).capitalize()} could not be put back: {describe_error(error)}"
        raise _unfinished(change, registry, cause, state) from cause
    try:
        _name_back(change, registry)
        return _ended(change, registry, "undone", f"{change.why}. Undone: {describe_error(cause)}")
    except RegistryError as error:
        back = f"{_version(change.before).capitalize()} is live again, which could not be recorded: {error}"
        raise Unfinished(change.kind, change.after, cause, back) from cause


def _unfinished(change: Change, registry: Registry, cause: BaseException, state: str) -> Unfinished:
    """The error of a change that stays `begun`. If the registry answers, the audit trail stores the cause."""
    unfinished = Unfinished(change.kind, change.after, cause, state)
    with suppress(RegistryError):
        registry.note(
            msgspec.structs.replace(change, why=f"{change.why}. Unfinished: {describe_error(cause)}. {state}")
        )
    return unfinished


def _put_back(change: Change, home: Home, say: Say) -> None:
    if change.before is None:
        say(f"taking version {change.after} back: nothing was live")
        home.withdraw()
        return
    say(f"putting version {change.before} back")
    home.deploy(change.before)
    home.prove(change.before)
    home.establish(change.before)


def _name(change: Change, registry: Registry) -> None:
    """Move the aliases; `previous_champion` first, so that a crash between the two loses neither version."""
    replaced = change.before or registry.aliases().get("champion")
    if replaced not in (None, change.after):
        registry.alias("previous_champion", str(replaced))
    registry.alias("champion", change.after)


def _name_back(change: Change, registry: Registry) -> None:
    """Move the aliases back, if `_name` moved one or both."""
    aliases, previous = registry.aliases(), trail.previous(registry.changes())
    if change.before is not None and aliases.get("champion") == change.after:
        registry.alias("champion", change.before)
    if previous is not None and aliases.get("previous_champion") == change.before:
        registry.alias("previous_champion", previous)


def _ended(change: Change, registry: Registry, state: State, why: str) -> Change:
    ended = msgspec.structs.replace(change, state=state, why=why)
    registry.finish(ended)
    return ended


def _check_unchanged(considered: Considered, live: str | None, registry: Registry) -> None:
    aliases, version = registry.aliases(), considered.version
    champion = trail.champion(registry.changes(), aliases)
    if champion != considered.champion:
        raise FlowError(
            f"version {version} was compared with version {considered.champion}, but the champion is version "
            f"{champion} by now: `credence promote {version}` compares again"
        )
    if live not in (None, champion, version) and version != champion:
        raise FlowError(
            f"version {live} is live, but the audit trail ends with version {champion}: "
            f"`credence promote {champion}` puts that one live again"
        )
    if version == champion == live == aliases.get("champion"):
        raise FlowError(f"version {version} is live and champion already")


def _again(version: str) -> Gate:
    """A gate's answer for the champion: it has passed the gate before, so it may go live again."""
    why = f"version {version} is champion by the audit trail"
    return Gate(
        answer="promote",
        why=why,
        criteria=(),
        cohort=None,
        population=None,
        rows=0,
        labelled=0,
        defaults=0,
        dropped=0,
    )


def _version(number: str | None) -> str:
    return "nothing" if number is None else f"version {number}"


def _state(gate: Gate, decision: HumanDecision | None) -> State:
    kind = None if decision is None else decision.kind
    if may_go_live(gate, kind == "approve") and kind != "refuse":
        return "begun"
    return "undecided" if gate.answer == "undecided" else "refused"


def _now() -> int:
    return time.time_ns() // 1000
