"""What the schema accepts is admitted by the API server, whatever values and release are called."""

from __future__ import annotations

import json
import re
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from tests.charts.chart import CHART, GATEWAY, KSERVE
from tests.charts.drawn import drawn_values
from tests.charts.release import NEEDS_CLUSTER
from tests.namespaces import Namespace, namespace, run
from tests.programs import program

pytestmark = NEEDS_CLUSTER
RELEASES = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?", fullmatch=True)
IN_WORDS = re.compile(
    r"execution error at \(credence/templates/checks.yaml"
    "|must be less than or equal to (cpu|memory|ephemeral-storage) limit|beyond end of range|invalid host: ParseAddr"
)
"""Values that fit their schema but not each other: the chart or the API server says so in a sentence."""


@pytest.fixture(scope="module")
def space() -> Iterator[Namespace]:
    """A namespace whose name YAML could take for a number."""
    with namespace("2024") as made:
        yield made


# Without a smaller example of the same fault: each attempt asks helm and the server again.
@settings(
    max_examples=200,
    phases=[Phase.generate],
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(values=drawn_values(), release=RELEASES)
def test_accepted_values_are_admitted(space: Namespace, tmp_path: Path, values: dict[str, Any], release: str) -> None:
    file = tmp_path / "values.json"
    file.write_text(json.dumps(values, ensure_ascii=False))
    command = [program("helm"), "template", release, str(CHART), "--namespace", space.name, "--values", str(file)]
    rendered = subprocess.run([*command, *KSERVE, *GATEWAY, "--kube-version=1.34.0"], capture_output=True, text=True)
    assume(not IN_WORDS.search(rendered.stderr))
    assert rendered.returncode == 0, rendered.stderr
    apply = ["kubectl", "apply", "--dry-run=server", "--namespace", space.name, "--filename=-"]
    done = subprocess.run(apply, input="\n---\n".join(known(rendered.stdout)), capture_output=True, text=True)
    assume(not IN_WORDS.search(done.stderr))
    assert done.returncode == 0, done.stderr


def known(rendered: str) -> Iterator[str]:
    """The objects whose kinds the cluster has, and those that a promotion applies, as text: YAML is read once."""
    served = set(run("kubectl", "api-versions").split())
    for text in rendered.split("\n---\n"):
        version = re.search(r"^apiVersion: (\S+)", text, re.MULTILINE)
        if version and version[1] in served:
            yield text
        _, _, template = text.partition("\n  serving.yaml: |\n")
        if template:
            applied = textwrap.dedent(template).replace("${version}", "3")
            if "serving.kserve.io/v1beta1" in served or "kind: InferenceService" not in applied:
                yield applied
