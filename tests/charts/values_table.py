"""`python -m tests.charts.values_table`: write the tables of values in the chart's README anew."""

from __future__ import annotations

import json
from itertools import groupby

from tests.charts.chart import CHART, Value, explained

BEGIN = "<!-- values: made by `python -m tests.charts.values_table` from values.yaml -->"
END = "<!-- end of values -->"


def tables() -> str:
    """A table for each part of the values."""
    parts = []
    for part, rows in groupby(explained(), lambda value: value.path.partition(".")[0]):
        head = ["| value | default | what it is |", "|---|---|---|"]
        parts.append("\n".join([f"#### {part}", "", *head, *map(_row, rows)]))
    return "\n\n".join(parts)


def _row(value: Value) -> str:
    default = json.dumps(value.default, ensure_ascii=False)
    return f"| `{value.path}` | `{default}` | {value.explanation.replace('|', chr(92) + '|')} |"


def main() -> None:
    """Replace what is between the two marks."""
    path = CHART / "README.md"
    before, _, rest = path.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n\n{tables()}\n\n{END}{after}")


if __name__ == "__main__":
    main()
