"""The demo's results as lines of text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flows.demo.windows import AnsweredWindow
from flows.steps import Say
from training.registry.trail import PASSED, Change

_LEFT_OUT = ("checking ", "looking for the parents", "Finished in state", "Worker ", "Flow run ")
"""Beginnings of lines about reading files, or about Prefect itself."""


def shortened(say: Say) -> Say:
    """The same `say`, without lines that do not belong to the story."""

    def shorter(text: str) -> None:
        if not text.lstrip().startswith(_LEFT_OUT):
            say(text)

    return shorter


def of_window(window: AnsweredWindow) -> list[str]:
    """Lines about a window's answers."""
    return [
        (
            f"{window.answered:,} applications answered in {window.seconds:.1f} s, each recorded once; "
            f"{window.refused:,} refused; one application alone takes {window.median_ms} ms"
        ),
        *(f"not answered, client {application.client}: {application.error}" for application in window.turned_away),
    ]


def of_outcomes(window: AnsweredWindow, share: float) -> list[str]:
    """Lines about a window's outcomes."""
    return [
        (
            f"{window.outcomes:,} outcomes reported: of all accepted, and of {window.explored:,} refused, accepted "
            f"at random to learn from, {share:.0%} of all refused; {window.defaults:,} defaulted"
        )
    ]


def of_verdict(verdict: Mapping[str, Any]) -> list[str]:
    """Lines with the monitor's verdict and its reasons."""
    return [f"verdict: {verdict['judgement'].upper()}", *(f"  {why}" for why in verdict["why"])]


def of_explained(client: int, decision: Mapping[str, Any]) -> list[str]:
    """Lines with a decision and its reasons, for a clerk."""
    lines = [
        (
            f"client {client}: {decision['decision']}, probability of default {decision['probability']:.4f}, threshold "
            f"{decision['threshold']:.4f}"
        )
    ]
    lines += [
        f"  {reason['french']} / {reason['english']} ({reason['contribution']:+.2f})" for reason in decision["reasons"]
    ]
    if anchor := decision.get("anchor"):
        lines.append(f"  anchor: {' and '.join(anchor['rule'])}")
        lines.append(
            f"    decided so in {anchor['precision']:.0%} of such applications, {anchor['coverage']:.0%} of all"
        )
    if counterfactual := decision.get("counterfactual"):
        terms = ", ".join(f"{name} {each['from']} -> {each['to']}" for name, each in counterfactual["changes"].items())
        lines.append(f"  accepted if: {terms}")
    return lines + [f"  {note}" for note in decision.get("notes", {}).values()]


def of_change(change: Change) -> list[str]:
    """Lines with the gate's criteria, and with the end of the change."""
    lines = []
    if change.gate:
        lines = [f"  {each.name} {PASSED[each.passed]}: {each.sentence}" for each in change.gate.criteria]
        lines.insert(0, f"the gate, on {change.gate.cohort}: {change.gate.answer.upper()}")
    ended = (
        f"is live, before it {change.before or 'none'}" if change.state == "done" else f"is not live: {change.state}"
    )
    return [*lines, f"version {change.after} {ended}"]


def of_caller(counted: Mapping[str, Any]) -> list[str]:
    """Lines with the counts of the caller."""
    answers = ", ".join(f"{count:,} by version {version}" for version, count in counted["versions"].items())
    return [
        (
            f"a client who kept asking: {counted['asked']:,} requests, {counted['failed']} failed; answered {answers}; "
            f"the slowest took {counted['slowest_ms']} ms"
        )
    ]
