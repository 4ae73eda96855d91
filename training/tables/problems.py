"""Problems of a file, with the place and a message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]
"""An error would make the result wrong, so nothing is read. With a warning the result is still right."""

_SHOWN = 20


@dataclass(frozen=True)
class Problem:
    """One problem: the first place where it occurs, the expected content and the actual content."""

    severity: Severity
    file: str
    expected: str
    found: str
    column: str | None = None
    """None if the problem is about the whole file or row."""
    row: int | None = None
    """The first bad row of data, from 1; None if no single row is the cause."""
    line: int | None = None
    """That row's line in a CSV file, whose first line is the header."""

    def __str__(self) -> str:
        place = [self.file]
        if self.column is not None:
            place.append(f"column {self.column}")
        if self.row is not None:
            place.append(f"row {self.row}" if self.line is None else f"row {self.row} (line {self.line})")
        return f"{self.severity}: {', '.join(place)}: expected {self.expected}, found {self.found}"


def more(count: int) -> str:
    """The end of a message that shows the first of `count` bad rows."""
    return "" if count == 1 else f", and {count - 1:,} more row{'s' * (count > 2)}"


class DataError(Exception):
    """The files cannot be used; `problems` holds all their errors and warnings."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.severity != "error"))
        lines = [str(problem) for problem in self.problems[:_SHOWN]]
        if len(self.problems) > _SHOWN:
            lines.append(f"and {len(self.problems) - _SHOWN} more")
        super().__init__("\n".join(lines))
