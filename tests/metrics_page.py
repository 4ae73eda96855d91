"""The tables of docs/metrics.md, and the same of what a process tells Prometheus."""

from __future__ import annotations

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

PAGE = Path(__file__).parents[1] / "docs" / "metrics.md"


def documented(section: str) -> list[str]:
    """The rows of a section's table."""
    _, _, rest = PAGE.read_text().partition(f"\n## {section}\n")
    rows = [line for line in rest.partition("\n## ")[0].splitlines() if line.startswith("| `")]
    assert rows, f"{PAGE.name} has no table under {section}"
    return rows


def told(text: str) -> list[str]:
    """What an answer of /metrics would have there: its metrics by name, those of every Python process left out."""
    rows = []
    for family in text_string_to_metric_families(text):
        if family.name.startswith(("python_", "process_")) or family.name.endswith("_created"):
            continue
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = dict.fromkeys(label for sample in family.samples for label in sample.labels if label != "le")
        shown = ", ".join(f"`{label}`" for label in labels)
        rows.append(f"| `{name}` | {family.type} | {shown} | {family.documentation} |")
    return sorted(rows)
