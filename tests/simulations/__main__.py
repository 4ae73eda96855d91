"""`python -m tests.simulations [NAME ...]`: how right verdicts, gate and trainings are, where the truth is known.

Each simulation is a module whose `run` returns Markdown, the same each time. `--write` puts it between its marks in
docs/simulations.md.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.simulations import alarms, cohorts, gate, recent

DOCUMENT = Path(__file__).parents[2] / "docs" / "simulations.md"
SIMULATIONS: dict[str, Callable[[], str]] = {
    "alarms": alarms.run,
    "cohorts": cohorts.run,
    "gate": gate.run,
    "recent": recent.run,
}


def main() -> int:
    """Run what was asked for, by default everything, and print it."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulations", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{' or '.join(SIMULATIONS)}; by default all")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/simulations.md")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(SIMULATIONS):
        parser.error(f"expected {' or '.join(SIMULATIONS)}; got {', '.join(sorted(unknown))}")
    for name in arguments.names or SIMULATIONS:
        began = time.process_time()
        text = SIMULATIONS[name]()
        print(text)
        print(f"{name}: {time.process_time() - began:.0f} s of CPU", file=sys.stderr)
        if arguments.write:
            DOCUMENT.write_text(insert(DOCUMENT.read_text(), name, text))
    return 0


def insert(document: str, name: str, text: str) -> str:
    """The document with a simulation's figures between its marks. Raises ValueError if they are not there once."""
    place = re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- end of {name} -->)", re.DOTALL)
    replaced, count = place.subn(lambda _: f"\n{text}\n\n", document)
    if count != 1:
        raise ValueError(f"expected one pair of marks for {name} in the document, found {count}")
    return replaced


if __name__ == "__main__":
    sys.exit(main())
