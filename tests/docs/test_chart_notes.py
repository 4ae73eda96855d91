"""The question in the chart's NOTES.txt is answered by a predictor."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.charts.chart import CHART
from tests.docs.examples import Predictor, pairs
from tests.docs.pages import ROOT, blocks
from tests.programs import program

SHOWN = 'notes: {{ tpl (.Files.Get "NOTES.txt") . | toJson }}'
"""`helm template` leaves the notes out, so a copy of the chart has them in a template of another name."""


@pytest.fixture
def notes(tmp_path: Path) -> str:
    """The notes of a release that serves under the name of the toy model."""
    chart = tmp_path / "chart"
    shutil.copytree(CHART, chart)
    (chart / "templates" / "NOTES.txt").rename(chart / "NOTES.txt")
    (chart / "templates" / "notes.yaml").write_text(SHOWN)
    options = ("--set=serving.mode=deployment", "--kube-version=1.34.0", "--show-only=templates/notes.yaml")
    command = [program("helm"), "template", "credence", str(chart), "--namespace=bank", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return str(yaml.safe_load(done.stdout)["notes"])


def test_question_is_answered(notes: str, predictor: Predictor, tmp_path: Path) -> None:
    (line,) = [line.strip() for line in notes.splitlines() if "/infer" in line]
    requests = [request for request, _ in pairs(blocks((ROOT / "docs" / "api.md").read_text()))]
    question = next(each for each in requests if each.first == "POST /v2/models/credit-default/infer")
    (tmp_path / "application.json").write_text(question.body)
    words = shlex.split(line.replace("http://localhost:8080", predictor.url))
    assert words[0] == "curl"
    command = [program("curl"), "--silent", "--write-out", "\n%{http_code}", *words[1:]]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    answer, _, status = done.stdout.rpartition("\n")
    assert status == "200", answer
    assert json.loads(answer)["model_name"] == "credit-default"
