"""What was found, in words: lines for whoever watches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flows.demo.windows import AnsweredWindow
from flows.steps import Say
from training.registry.trail import PASSED, Change

_LEFT_OUT = ("checking ", "looking for the parents", "Finished in state", "Worker ", "Flow run ")
"""How lines begin that tell of reading files, or of Prefect's own doings."""


def shortened(say: Say) -> Say:
    """The same voice without lines that tell nothing of the story."""

    def shorter(text: str) -> None:
        if not text.lstrip().startswith(_LEFT_OUT):
            say(text)

    return shorter


def of_window(window: AnsweredWindow) -> list[str]:
    """How the applications were answered."""
    return [
        (
            f"{window.answered:,} applications answered in {window.seconds:.1f} s, each recorded once; "
            f"{window.refused:,} refused; one application alone takes {window.median_ms} ms"
        ),
        *(f"not answered, client {one.client}: {one.error}" for one in window.turned_away),
    ]


def of_outcomes(window: AnsweredWindow, share: float) -> list[str]:
    """What became known of them."""
    return [
        (
            f"{window.outcomes:,} outcomes told: of all accepted, and of {window.explored:,} refused, accepted "
            f"at random to learn from, {share:.0%} of all refused; {window.defaults:,} defaulted"
        )
    ]


def of_verdict(verdict: Mapping[str, Any]) -> list[str]:
    """What the monitor says, and why."""
    return [f"verdict: {verdict['judgement'].upper()}", *(f"  {why}" for why in verdict["why"])]


def of_explained(client: int, told: Mapping[str, Any]) -> list[str]:
    """A decision with its reasons, as a clerk might read it."""
    lines = [
        (
            f"client {client}: {told['decision']}, probability of default {told['probability']:.4f}, threshold "
            f"{told['threshold']:.4f}"
        )
    ]
    lines += [f"  {one['french']} / {one['english']} ({one['contribution']:+.2f})" for one in told["reasons"]]
    if anchor := told.get("anchor"):
        lines.append(f"  anchor: {' and '.join(anchor['rule'])}")
        lines.append(
            f"    decided so in {anchor['precision']:.0%} of such applications, {anchor['coverage']:.0%} of all"
        )
    if found := told.get("counterfactual"):
        terms = ", ".join(f"{name} {each['from']} -> {each['to']}" for name, each in found["changes"].items())
        lines.append(f"  accepted if: {terms}")
    return lines + [f"  {note}" for note in told.get("notes", {}).values()]


def of_change(change: Change) -> list[str]:
    """What the gate said, criterion by criterion, and what became of it."""
    lines = []
    if change.gate:
        lines = [f"  {each.name} {PASSED[each.passed]}: {each.sentence}" for each in change.gate.criteria]
        lines.insert(0, f"the gate, on {change.gate.cohort}: {change.gate.answer.upper()}")
    ended = (
        f"is live, before it {change.before or 'none'}" if change.state == "done" else f"is not live: {change.state}"
    )
    return [*lines, f"version {change.after} {ended}"]


def of_caller(counted: Mapping[str, Any]) -> list[str]:
    """What somebody saw who kept asking."""
    answers = ", ".join(f"{count:,} by version {version}" for version, count in counted["versions"].items())
    return [
        (
            f"a client who kept asking: {counted['asked']:,} requests, {counted['failed']} failed; answered {answers}; "
            f"the slowest took {counted['slowest_ms']} ms"
        )
    ]
