"""A table of text: the card renders it as Markdown, the page renders it as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from training.bundle.manifest import Interval


@dataclass(frozen=True)
class ReportTable:
    """Columns and rows of text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    highlighted: int | None = None
    """The row to highlight; None for no row."""
    words: tuple[int, ...] = (0,)
    """The columns of words; all other columns are figures and are aligned right."""

    def markdown(self) -> str:
        """The table in Markdown, the highlighted row in bold."""
        align = ["---" if number in self.words else "---:" for number in range(len(self.columns))]
        lines = [_line(self.columns), _line(align)]
        for number, row in enumerate(self.rows):
            lines.append(_line([f"**{cell}**" if cell else "" for cell in row] if number == self.highlighted else row))
        return "\n".join(lines)


def interval(figure: Interval, digits: int = 3) -> str:
    """A figure with its interval, as text."""
    return f"{figure.value:.{digits}f} [{figure.low:.{digits}f}, {figure.high:.{digits}f}]"


def percent(figure: Interval) -> str:
    """A share with its interval in percent, as text."""
    return f"{figure.value:.1%} [{figure.low:.1%}, {figure.high:.1%}]"


def _line(cells: Sequence[str]) -> str:
    # The name of a level may contain a bar, which would end its cell, or start an HTML tag.
    escaped = (cell.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ") for cell in cells)
    return "| " + " | ".join(escaped) + " |"
