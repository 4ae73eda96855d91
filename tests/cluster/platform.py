"""A release of the chart on which a small first version was trained by a Job and is live."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.charts.chart import CHART
from tests.charts.release import DEPLOYMENT, install
from tests.namespaces import Namespace, namespace

RELEASE = "credence"
TABLES = "/var/lib/credence/lender"
"""A synthetic lender's, on the volume that worker and runs share."""
CLIENTS, APPLICANTS = 4000, 4000
"""Those that version 1 learns from, and those of `release.lender("submit", "ordinary")`, whose history it knows too."""
_SMALL = f"--values={CHART / 'values-small.yaml'}"
_QUICK = ("--set=promotion.watchSeconds=1", "--set=monitor.reviewSeconds=5")
APPLICATION = Path(__file__).parents[2] / "docs" / "application.json"
_REGISTER = """
import json, sys, tempfile
from pathlib import Path
from flows.settings import from_environment
from training.bundle import MODEL
from training.registry import Figures, Registry

registry, changes = Registry(from_environment().registry_url), json.loads(sys.argv[1])
with tempfile.TemporaryDirectory() as folder:
    first = registry.download("1", Path(folder))
    version = registry.register(first, Figures({}, {}, [], "")).number
    told = json.loads((first / "bundle.json").read_text())
    told = {name: value | changes.get(name, {}) if isinstance(value, dict) else changes.get(name, value)
            for name, value in told.items()}
    (Path(folder) / "changed").mkdir()
    (Path(folder) / "changed" / "bundle.json").write_text(json.dumps(told))
    model = registry._client.get_model_version(MODEL, version).source.rpartition("/")[2]
    registry._client.log_model_artifacts(model, f"{folder}/changed")
print(json.dumps(version))
"""
_REQUEST = """
import os, sys, urllib.error, urllib.request
method, url = sys.argv[1:3]
request = urllib.request.Request(
    os.path.expandvars(url), sys.argv[3].encode(), {"Content-Type": "application/json"}, method=method
)
try:
    print(urllib.request.urlopen(request, timeout=60).read().decode())
except urllib.error.HTTPError as error:
    print(error.read().decode())
"""
_ASK = """
import collections, json, os, select, sys, urllib.request
url = f"{os.environ['CREDENCE_PREDICTOR_URL']}/v2/models/{os.environ['CREDENCE_SERVING_NAME']}/infer"
request = urllib.request.Request(url, sys.argv[1].encode(), {"Content-Type": "application/json"})
answers = collections.Counter()
while True:
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            answers[json.load(answer)["parameters"]["model_version"]] += 1
    except (OSError, ValueError) as error:
        answers[str(error)] += 1
    if select.select([sys.stdin], [], [], 0.2)[0]:
        break
print(json.dumps(answers))
"""
_LENDER = (Path(__file__).parents[1] / "e2e" / "lender.py").read_text()


class Platform(Namespace):
    """A namespace with the release `credence` in it, as an operator sees it."""

    def upgrade(self, *options: str) -> str:
        """Give the release further values."""
        return self.helm("upgrade", RELEASE, str(CHART), "--reuse-values", "--timeout=10m", *options)

    def worker(self, *command: str, given: str | None = None) -> str:
        """What a command in the worker's pod wrote. Raises CommandError with what it said."""
        return self.kubectl("exec", "--stdin", f"deploy/{RELEASE}-worker", "--", *command, given=given)

    def credence(self, *arguments: str) -> str:
        """The same of `credence`."""
        return self.worker("credence", *arguments)

    def python(self, program: str, *arguments: str) -> Any:
        """The JSON that a program there prints."""
        return json.loads(self.worker("python", "-", *arguments, given=program))

    def request(self, method: str, url: str, content: Any) -> Any:
        """What is answered to JSON, an error too; the worker's settings may be named in the URL, as `$NAME`."""
        return self.python(_REQUEST, method, url, json.dumps(content))

    def lender(self, *arguments: str) -> Any:
        """A command of the lender that the story on a cluster has."""
        return self.python(_LENDER, *arguments)

    def register(self, **changes: Any) -> str:
        """The number of a copy of version 1, in whose bundle.json these are others; of an object, its members."""
        return str(self.python(_REGISTER, json.dumps(changes)))

    @contextmanager
    def asking(self) -> Iterator[dict[str, int]]:
        """Somebody asks for one decision after another, and counts the versions, or errors, that were answered."""
        answers: dict[str, int] = {}
        command = ("exec", "--stdin", f"deploy/{RELEASE}-worker", "--", "python", "-c", _ASK, APPLICATION.read_text())
        caller = subprocess.Popen(
            ["kubectl", "--namespace", self.name, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield answers
        finally:
            answers |= json.loads(caller.communicate()[0])  # whose input is at its end by this

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
    install(release, RELEASE, _SMALL, DEPLOYMENT, *_QUICK, *options, "--wait", "--timeout=10m")
    release.lender("tables", str(CLIENTS), "0")
    release.lender("draw", "ordinary", "published", str(APPLICANTS), "0")
    release.credence("train", "--data", TABLES, "--trials", "1")
    # too few defaults among its clients for the gate to say so by itself
    release.credence("promote", "--approve", "a small lender")
    return release
