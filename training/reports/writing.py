"""Writing the reports as files."""

from __future__ import annotations

from pathlib import Path

from training.reports.card import card
from training.reports.page import html
from training.reports.results import Results


def write(results: Results, directory: Path) -> None:
    """Write `card.md`, `reports/index.html` and `reports/*.png` into an existing directory."""
    document = card(results)
    reports = directory / "reports"
    reports.mkdir(exist_ok=True)
    for picture in document.pictures:
        (reports / f"{picture.name}.png").write_bytes(picture.png)
    (reports / "index.html").write_text(html(document, results), encoding="utf-8", newline="\n")
    (directory / "card.md").write_text(document.markdown(), encoding="utf-8", newline="\n")
