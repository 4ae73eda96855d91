"""The champion according to the audit trail, and its comparison with the live version and the aliases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from training.registry.trail import Change

_NO_PODS: Mapping[str, str] = MappingProxyType({})


def champion(changes: Sequence[Change], aliases: Mapping[str, str]) -> str | None:
    """The version that the last completed change put live; before the first change, the version of the alias.

    If a person moved the alias by hand, that makes no champion, because the version would bypass the gate.
    """
    return next((change.after for change in changes if change.state == "done"), aliases.get("champion"))


def previous(changes: Sequence[Change]) -> str | None:
    """The version that was champion before the present one, to which a rollback returns.

    Only the trail counts, because it has only versions that passed the gate. The aliases do not count.
    """
    done = [change for change in changes if change.state == "done"]
    lived = [change.after for change in done] + [change.before for change in done[-1:]]
    return next((version for version in lived if version not in (None, lived[0])), None)


def describe_change(change: Change) -> str:
    """How an attempt to change the live version ended, as a sentence."""
    if change.state == "done":
        return f"version {change.after} is live, in place of {change.before or 'none'}"
    return f"version {change.after} is not live: {change.state}. {change.why}"


def mismatches(
    changes: Sequence[Change],
    aliases: Mapping[str, str],
    live: str | None,
    pods: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """All contradictions, each as a sentence with the command that repairs it.

    `pods` are the pods that get requests, with the version of each pod's answers.
    """
    sentences = [
        f"the {change.kind} to version {change.after} is under way or was cut short: "
        "the next `credence promote` or `credence rollback` resumes or undoes it"
        for change in changes
        if change.state == "begun"
    ]
    expected, named = champion(changes, aliases), aliases.get("champion")
    if live is not None and live != expected:
        ends = "there is no champion" if expected is None else f"the champion is version {expected}"
        sentences.append(f"version {live} is live, but {ends}: `credence promote {expected or live}` sets it right")
    sentences += [
        f"pod {name} answers with version {version}, but {live} is live: `credence promote {live}` sets it right"
        for name, version in pods.items()
        if version != live
    ]
    if named != expected:
        sentences.append(
            f"the alias champion names version {named}, but it is {expected}: `credence promote {expected}`"
        )
    return sentences
