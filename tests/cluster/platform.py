"""A release of the chart on which a small first version was trained by a Job and is live."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.charts.chart import CHART
from tests.charts.release import DEPLOYMENT, Namespace, namespace

RELEASE = "credence"
TABLES = "/var/lib/credence/lender"
"""A synthetic lender's, on the volume that worker and runs share."""
CLIENTS = 4000
_SMALL = f"--values={CHART / 'values-small.yaml'}"
_QUICK = ("--set=promotion.watchSeconds=1", "--set=monitor.reviewSeconds=5")
_LENDER = (Path(__file__).parents[1] / "e2e" / "lender.py").read_text()


class Platform(Namespace):
    """A namespace with the release `credence` in it, as an operator sees it."""

    def upgrade(self, *options: str) -> str:
        """Install the release, or give it other values."""
        return self.install(RELEASE, _SMALL, DEPLOYMENT, *_QUICK, *options, "--timeout=10m")

    def worker(self, *command: str, given: str | None = None) -> str:
        """What a command in the worker's pod wrote. Raises CommandError with what it said."""
        return self.kubectl("exec", "--stdin", f"deploy/{RELEASE}-worker", "--", *command, given=given)

    def credence(self, *arguments: str) -> str:
        """The same of `credence`."""
        return self.worker("credence", *arguments)

    def python(self, program: str, *arguments: str) -> Any:
        """The JSON that a program there prints."""
        return json.loads(self.worker("python", "-", *arguments, given=program))

    def lender(self, *arguments: str) -> Any:
        """A command of the lender that the story on a cluster has."""
        return self.python(_LENDER, *arguments)

    def status(self) -> dict[str, Any]:
        """What is live, the aliases, the audit trail."""
        return dict(json.loads(self.credence("status", "--json")))


@contextmanager
def platform(name: str, *options: str) -> Iterator[Platform]:
    """A namespace of this name with a release by these options of helm, and its version 1 live; deleted afterwards."""
    with namespace(name) as made:
        yield begin(made, *options)


def begin(made: Namespace, *options: str) -> Platform:
    """The same in a namespace that is there."""
    release = Platform(made.name)
    release.upgrade(*options, "--wait")
    release.lender("tables", str(CLIENTS), "0")
    release.credence("train", "--data", TABLES, "--trials", "1")
    # too few defaults among its clients for the gate to say so by itself
    release.credence("promote", "--approve", "a small lender")
    return release
