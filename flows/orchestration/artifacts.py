"""What a run leaves for a reader in Prefect's own pages."""

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
    """The hold-out figures of a version, and where it and its run are."""
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
    """Each criterion of the gate with its figures."""
    create_table_artifact(
        table=[{"criterion": one.name, "": PASSED[one.passed], "figures": one.sentence} for one in gate.criteria],
        key="gate",
        description=f"Version {version}: {gate.answer}. {gate.why}",
    )


def show_change(settings: PlatformSettings, change: Change) -> None:
    """How an attempt to change what is live ended, as the audit trail has it."""
    create_markdown_artifact(markdown=page(change), key="change")
    if change.id:
        link = f"{settings.registry_page}/#/runs/{change.id}"
        create_link_artifact(link=link, link_text="the audit record in MLflow", key="audit-record")


def show_verdict(settings: PlatformSettings, verdict: str) -> None:
    """The monitor's page and Evidently's report of the verdict behind a run."""
    link = f"{settings.monitor_page}/review/verdicts/{verdict}"
    create_link_artifact(link=link, link_text=f"verdict {verdict}", key="verdict")
    create_link_artifact(link=f"{link}/report", link_text=f"drift report of verdict {verdict}", key="report")
