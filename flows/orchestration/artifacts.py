"""The artifacts of a run on Prefect's pages, for readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from flows.settings import PlatformSettings
from training.registry.trail import PASSED, Change, page

if TYPE_CHECKING:
    from training.bundle import Manifest
    from training.registry import Version
    from training.registry.trail import Gate


def show_version(settings: PlatformSettings, version: Version, manifest: Manifest) -> None:
    """Show the hold-out figures of a version, and a link to the version."""
    rows = [
        {"figure": name.replace("_", " "), "value": each.value, "from": each.low, "to": each.high}
        for name, each in manifest.metrics.items()
    ]
    policy = manifest.policy
    limits = {"from": policy.threshold_low, "to": policy.threshold_high}
    create_table_artifact(
        table=[*rows, {"figure": "threshold", "value": policy.threshold, **limits}],
        key="hold-out",
        description=f"Version {version.number} ({manifest.family}) on its hold-out, with 95 % intervals.",
    )
    link = f"{settings.registry_page}/#/models/{manifest.model}/versions/{version.number}"
    create_link_artifact(link=link, link_text=f"version {version.number} in MLflow", key="version")


def show_gate(version: str, gate: Gate) -> None:
    """Show each criterion of the gate with its figures."""
    create_table_artifact(
        table=[
            {"criterion": criterion.name, "": PASSED[criterion.passed], "figures": criterion.sentence}
            for criterion in gate.criteria
        ],
        key="gate",
        description=f"Version {version}: {gate.answer}. {gate.why}",
    )


def show_change(settings: PlatformSettings, change: Change) -> None:
    """Show how an attempt to change the live version ended, from the audit trail."""
    create_markdown_artifact(markdown=page(change), key="change")
    if change.id:
        link = f"{settings.registry_page}/#/runs/{change.id}"
        create_link_artifact(link=link, link_text="the audit record in MLflow", key="audit-record")


def show_verdict(settings: PlatformSettings, verdict: str) -> None:
    """Show links to the monitor's page and to Evidently's report of the verdict behind a run."""
    link = f"{settings.monitor_page}/review/verdicts/{verdict}"
    create_link_artifact(link=link, link_text=f"verdict {verdict}", key="verdict")
    create_link_artifact(link=f"{link}/report", link_text=f"drift report of verdict {verdict}", key="report")
