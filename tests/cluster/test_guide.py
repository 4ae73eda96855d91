"""The commands of the operators' guide do what it says, as they are written there and in its order.

A command that cannot be run here is in `NOT_HERE`; every other one of a section is run by the test of that section, a
new one too.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.charts.release import ASKED, NEEDS_CLUSTER, image
from tests.cluster.platform import RELEASE, Platform, begin
from tests.cluster.reader import NOT_HERE, Reader, reason, sections
from tests.k8s.guide import ROOT
from tests.namespaces import CommandError, run, until

NAMESPACE = "credence"
"""The guide's own."""
FILL = "sh -c 'cd /var/lib/credence/lender && tar -c *.parquet'"
"""What the claim `raw-tables` has in it."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's files that the guide names, with this cluster's images."""
    made = tmp_path_factory.mktemp("guide")
    for name in ("charts", "docs"):
        (made / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "k8s", made / "k8s")
    return made


@pytest.fixture(scope="module")
def reader(folder: Path) -> Iterator[Reader]:
    if not ASKED:
        pytest.skip(NEEDS_CLUSTER.kwargs["reason"])
    run("kubectl", "wait", "--for=delete", f"namespace/{NAMESPACE}", "--timeout=120s")
    reader = Reader(Platform(NAMESPACE), folder)
    try:
        reader.read("Install")
        begin(reader.release)
        values = yaml.safe_load(reader.release.helm("get", "values", RELEASE, "--output=yaml"))
        (folder / "values.yaml").write_text(yaml.safe_dump(values | {"data": {"existingClaim": "raw-tables"}}))
        yield reader
    finally:
        run("kubectl", "delete", "namespace", NAMESPACE, "--wait=false")


def restoring(folder: Path, claim: str) -> None:
    """Let k8s/restore.yaml have this claim, and an image that is here."""
    pod = yaml.safe_load((ROOT / "k8s" / "restore.yaml").read_text())
    pod["spec"]["containers"][0]["image"] = image("platform")
    pod["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"] = claim
    (folder / "k8s" / "restore.yaml").write_text(yaml.safe_dump(pod))


@pytest.fixture
def registry(folder: Path) -> None:
    restoring(folder, f"{RELEASE}-mlflow")


def test_every_command_is_run_or_cannot_be() -> None:
    typed = [command for each in sections().values() for command in each]
    tested = set(re.findall(r'(?:read\(|sections\(\)\[)"([^"]*)"', Path(__file__).read_text()))
    assert tested == {title for title, each in sections().items() if any(reason(one) is None for one in each)}
    for part in NOT_HERE:
        assert [one for one in typed if one.endswith(part) or one.startswith(f"{part} ")], part


def test_status_is_told(reader: Reader) -> None:
    (told,) = reader.read("")
    assert "\nlive 1, " in told


def test_tables_of_a_claim_are_seen(reader: Reader, folder: Path) -> None:
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    made = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "raw-tables"}, "spec": claim}
    reader.release.apply(made)
    restoring(folder, "raw-tables")
    reader.release.kubectl("apply", f"--filename={folder / 'k8s' / 'restore.yaml'}")
    reader.release.kubectl("wait", "pod/restore", "--for=condition=Ready", "--timeout=120s")
    tables = f"kubectl -n {NAMESPACE} exec deploy/{RELEASE}-worker -- {FILL}"
    reader.type(f"{tables} | kubectl -n {NAMESPACE} exec -i restore -- tar -xC /volume")
    reader.release.kubectl("delete", "pod/restore")
    *_, checked, answered = reader.read("A first version")
    assert "application_train.parquet: 4,000 rows" in checked
    answer = json.loads(answered)
    assert answer["parameters"]["model_version"] == "1"
    (decision,) = next(each["data"] for each in answer["outputs"] if each["name"] == "classe")
    outcome = {"record": answer["parameters"]["record_ids"], "defaulted": False}
    outcome |= {"explored": 0.05} if decision == "refuse" else {}
    (folder / "outcomes.json").write_text(json.dumps({"outcomes": [outcome]}))


def test_outcome_is_told(reader: Reader) -> None:
    until("the record", lambda: reader.release.lender("monitor", "/v1/status")["stored"], 60)
    *_, told = reader.read("Tell outcomes")
    assert json.loads(told)["received"] == 1


def test_version_is_promoted_by_a_person(reader: Reader) -> None:
    for _ in ("2", "3", "4"):
        reader.release.register()
    first, second = sections()["Promote"]
    with pytest.raises(CommandError, match="A person may decide: credence promote 3 --approve"):
        reader.type(first)
    reader.type(second)
    assert reader.read("Canary") == [
        "version 4 is published in served/credit-default/4 at http://credence-mlflow:5000\n"
    ]
    change, *_ = reader.release.status()["changes"]
    assert (change["by"], change["after"], change["state"]) == ("anna", "3", "done")


def test_prefect_is_seen(reader: Reader) -> None:
    reader.read("Approve")


def test_version_is_rolled_back_and_then_the_release(reader: Reader) -> None:
    reader.read("Roll back")
    change, *_ = reader.release.status()["changes"]
    assert (change["by"], change["why"], change["after"]) == ("anna", "complaints about refusals", "1")


def test_more_pods_answer(reader: Reader) -> None:
    reader.read("Scale")
    ready = {
        each["metadata"]["name"]: each["status"].get("readyReplicas") for each in reader.release.get("deployments")
    }
    assert (ready["credit-default-predictor"], ready["credit-default-explainer"]) == (1, 2)


@pytest.mark.usefixtures("registry")
def test_release_and_database_are_upgraded(reader: Reader) -> None:
    reader.read("Upgrade")
    assert reader.release.status()["live"] == "1"


@pytest.mark.usefixtures("registry")
def test_registry_is_backed_up_and_restored(reader: Reader) -> None:
    before = reader.release.status()
    *_, told = reader.read("Back up and restore")
    assert "\nlive 1, " in told
    after = reader.release.status()
    assert (after["changes"], after["aliases"]) == (before["changes"], before["aliases"])


def test_tokens_are_rotated(reader: Reader) -> None:
    before = reader.release.get("secrets", f"--field-selector=metadata.name={RELEASE}-tokens")
    reader.read("Rotate secrets")
    after = reader.release.get("secrets", f"--field-selector=metadata.name={RELEASE}-tokens")
    assert before[0]["data"]["monitor"] != after[0]["data"]["monitor"]
    for name in ("mlflow", "prefect", "monitor", "worker"):
        reader.release.kubectl("rollout", "status", f"deployment/{RELEASE}-{name}", "--timeout=180s")
    with reader.release.asking() as answers:
        pass
    assert list(answers) == ["1"]
    until("all records", lambda: reader.release.lender("monitor", "/v1/status")["missing"] == 0, 60)


def test_client_is_forgotten_and_history_made(reader: Reader) -> None:
    forgotten, _ = reader.read("Retention")
    assert forgotten.startswith("client 100001: 0 records erased in the store")
    reader.release.kubectl("wait", "job/history-now", "--for=condition=complete", "--timeout=240s")


def test_troubles_are_looked_at(reader: Reader) -> None:
    assert reader.read("Troubleshooting")


def test_nothing_is_left_but_the_namespace(reader: Reader) -> None:
    _, claims, _ = reader.read("Uninstall")
    assert {f"{RELEASE}-{name}" for name in ("mlflow", "prefect", "monitor", "runs")} <= set(claims.split())
    assert reader.release.names("persistentvolumeclaims,deployments,services,jobs,secrets,configmaps") == set()
