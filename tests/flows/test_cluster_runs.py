"""What Prefect is told of runs that are Jobs."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.errors import FlowError, PlatformSettingsError
from flows.orchestration import registration
from flows.settings import PlatformSettings

JOB = """
apiVersion: batch/v1
kind: Job
metadata: {generateName: "{{ name }}-", labels: "{{ labels }}"}
spec:
  backoffLimit: 0
  template:
    spec:
      serviceAccountName: credence-run
      containers: [{name: run, image: platform, args: "{{ command }}", env: "{{ env }}"}]
"""


def test_pool_runs_the_mounted_manifest(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(JOB)
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "credence-serving", "uid": "1"}
    pool = registration.work_pool(
        PlatformSettings(serving="cluster", namespace="lending", run_template=str(path)), owner
    )
    assert (pool.name, pool.type) == ("credence", "kubernetes")
    template = pool.base_job_template
    assert template["variables"]["properties"]["namespace"]["default"] == "lending"
    job = template["job_configuration"]["job_manifest"]
    assert job["metadata"]["ownerReferences"] == [owner]
    pod = job["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == "credence-run"
    assert (pod["restartPolicy"], pod["completions"]) == ("Never", 1)


def test_pool_of_a_laptop_runs_processes() -> None:
    assert registration.work_pool(PlatformSettings(), None).type == "process"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: [", "expected a Job manifest with a container, ParserError"),
        ("kind: Job", "expected a Job manifest with a container, KeyError: 'spec'"),
        ("", "expected a Job manifest with a container, TypeError"),
        (JOB.replace('args: "{{ command }}", ', ""), 'expected args: "{{ command }}" in the first container, got None'),
    ],
)
def test_no_manifest_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(content)
    with pytest.raises(FlowError, match=message):
        registration.manifest(path)


def test_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        PlatformSettingsError, match="CREDENCE_RUN_TEMPLATE: expected the file with a run's Job manifest"
    ):
        registration.work_pool(PlatformSettings(serving="cluster"), None)
    with pytest.raises(FlowError, match=r"nowhere\.yaml \(CREDENCE_RUN_TEMPLATE\): expected a Job manifest"):
        registration.manifest(tmp_path / "nowhere.yaml")
