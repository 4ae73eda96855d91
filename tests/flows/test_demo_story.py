"""The whole story with real processes, MLflow and Prefect: some minutes a scenario, so it is told when asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from flows.settings import PlatformSettings

pytestmark = pytest.mark.skipif(
    "CREDENCE_TEST_STORIES" not in os.environ, reason="CREDENCE_TEST_STORIES is not set: each story takes minutes"
)
ENDS = {
    "changed": ("retrain", {"done"}, "2"),
    "population": ("retrain", {"refused", "undecided"}, "1"),
    "calibration": ("recalibrate", {"refused"}, "2"),
}


def told(settings: PlatformSettings, *arguments: str) -> dict[str, Any]:
    environment = {name: value for name, value in settings.environment.items() if not name.endswith("_URL")}
    environment.pop("CREDENCE_EXPLAINER_PYTHON")
    done = subprocess.run(
        [sys.executable, "-c", "from flows.cli import main; main()", "demo", "--once", "--json", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("scenario", ENDS)
def test_story_ends_as_told(settings: PlatformSettings, scenario: str) -> None:
    story = told(settings, "--scenario", scenario)
    verdict, ends, live = ENDS[scenario]
    assert story["first"]["state"] == "done"
    assert (story["verdicts"][0]["judgement"], story["verdicts"][-1]["judgement"]) == ("keep", verdict)
    assert story["change"]["state"] in ends
    assert story["retraining"]["runs"] == 1
    assert story["caller"]["failed"] == 0
    assert (set(story["caller"]["versions"]) == {"1"}) == (live == "1")
    assert [change["after"] for change in story["rollbacks"]] == ([] if live == "1" else ["1", "2"])


def test_real_tables_end_after_the_verdict(settings: PlatformSettings) -> None:
    if "CREDENCE_TEST_DATA" not in os.environ:
        pytest.skip("CREDENCE_TEST_DATA is not set: no real rows")
    story = told(settings, "--data", os.environ["CREDENCE_TEST_DATA"])
    assert story["scenario"] is None
    assert [verdict["judgement"] for verdict in story["verdicts"]] == ["keep"]
    assert story["windows"]["ordinary"]["outcomes"] == 0
    assert story["retraining"] is None
