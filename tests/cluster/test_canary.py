"""The canary of the operators' guide, beside a champion that KServe serves."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.charts.release import ASKED, NEEDS_CLUSTER
from tests.cluster.platform import APPLICATION, Platform, begin
from tests.cluster.reader import Reader, sections
from tests.docs.pages import blocks
from tests.k8s.guide import GUIDE
from tests.namespaces import namespace, run, until

pytestmark = NEEDS_CLUSTER
DEPLOYMENT = "credit-default-v4-predictor"


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Beside the guide's files, and a release with versions 1, which is live, to 4."""
    if ASKED and "serving.kserve.io/v1beta1" not in run("kubectl", "api-versions"):
        pytest.skip("the cluster has no KServe")
    folder = tmp_path_factory.mktemp("canary")
    (content,) = (block.content for block in blocks(GUIDE.read_text()) if block.content.startswith("# canary.yaml"))
    (folder / "canary.yaml").write_text(content)
    with namespace("credence") as made:
        release = begin(made, "--set=serving.mode=kserve")
        for _ in ("2", "3", "4"):
            release.register()
        yield Reader(release, folder)


def test_canary_answers_beside_the_champion_and_takes_its_place(reader: Reader) -> None:
    release, application = reader.release, json.loads(APPLICATION.read_text())
    publish, patch, made, rollout, promote, end = sections()["Canary"]
    for command in (publish, patch, made, rollout):
        reader.type(command)
    with release.asking() as before:
        answer = release.request("POST", f"http://{DEPLOYMENT}/v2/models/credit-default/infer", application)
    assert (list(before), answer["parameters"]["model_version"]) == (["1"], "4")
    # a copy of version 1 is no better, so the gate leaves it to a person
    reader.type(f'{promote} --approve "it answered well as a canary"')
    reader.type(end)
    until("the canary's end", lambda: DEPLOYMENT not in _deployments(release), 120)
    with release.asking() as after:
        pass
    assert list(after) == ["4"]
    answered = 1 + sum(before.values()) + sum(after.values())
    until("all records", lambda: release.lender("monitor", "/v1/status")["stored"] == answered, 60)


def _deployments(release: Platform) -> set[str]:
    return {one["metadata"]["name"] for one in release.get("deployments")}
