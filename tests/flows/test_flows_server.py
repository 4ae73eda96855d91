"""The flows under a real Prefect server, with its worker: one for the module, and its tests go on from each other."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import httpx
import psutil
import pytest
from playwright.sync_api import Browser, expect

from flows.clients.prefect import prefect_environment
from flows.machine.platform import Platform
from flows.settings import PlatformSettings
from tests.ports import unused_port
from training.registry import Figures, Registry
from training.registry.trail import Change
from training.synthetic import synthesise

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # MLflow's own use of SQLAlchemy
    pytest.mark.filterwarnings("ignore::UserWarning"),  # and a type hint of its own
]

ENDED = {"Completed", "Failed", "Cancelled", "Crashed"}
PORTS = ("monitor_port", "http_port", "admin_port", "explainer_port", "prefect_port")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> PlatformSettings:
    """A state folder of the module's own; the registry is a database, and there is no explainer."""
    folder, ports = tmp_path_factory.mktemp("orchestrated"), {name: unused_port() for name in PORTS}
    return PlatformSettings(
        home=str(folder / "home"),
        mlflow_url=f"sqlite:///{folder}/mlflow.db",
        mlflow_external_url="https://example.com/mlflow/",
        prefect_external_url="https://example.com/prefect/",
        monitor_external_url="https://monitor.example.com",
        explainer_python=str(folder / "no explainer"),
        watch_seconds=0.1,
        **ports,
    )


@pytest.fixture(scope="module")
def platform(settings: PlatformSettings) -> Iterator[Platform]:
    platform = Platform(settings, {"CREDENCE_DRAIN_SECONDS": "0.1"})
    try:
        platform.up(print)
        yield platform
    finally:
        platform.down(print)


@pytest.fixture(scope="module")
def registry(settings: PlatformSettings, toy_bundle: Path) -> Iterator[Registry]:
    """With version 1, which is champion by the audit trail."""
    settings.folder.mkdir(parents=True, exist_ok=True)
    registry = Registry(settings.registry_url)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(settings.folder)  # where MLflow puts artifacts when no server does
        version = registry.register(toy_bundle, Figures({}, {}, [], ""))
        registry.alias("champion", version.number)
        promoted = {"kind": "promote", "by": "a test", "at": 1, "before": None, "after": version.number}
        registry.begin(Change(**promoted, why="the first", state="done"))
        yield registry


@pytest.fixture(scope="module")
def prefect(settings: PlatformSettings, platform: Platform) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{settings.orchestrator_url}/api", timeout=10) as client:
        yield client


def start(prefect: httpx.Client, name: str, **parameters: Any) -> str:
    deployment = prefect.get(f"/deployments/name/{name}/credence").json()["id"]
    made = post(prefect, f"/deployments/{deployment}/create_flow_run", {"parameters": parameters})
    return str(made["id"])


def post(prefect: httpx.Client, path: str, content: dict[str, Any]) -> dict[str, Any]:
    answer = prefect.post(path, json=content)
    assert answer.is_success, answer.text
    return dict(answer.json())


def wait(prefect: httpx.Client, run: str, states: set[str] = ENDED) -> dict[str, Any]:
    deadline = time.monotonic() + 120
    while (found := prefect.get(f"/flow_runs/{run}").json())["state_name"] not in states:
        assert time.monotonic() < deadline, found["state"]
        assert found["state_name"] not in ENDED, found["state"]
        time.sleep(0.2)
    return dict(found)


def wait_for_a_person(prefect: httpx.Client, run: str) -> None:
    """Until the run is suspended and its process has said so last: a person is slower than that."""
    wait(prefect, run, {"Suspended"})
    asked = {"logs": {"flow_run_id": {"any_": [run]}}}
    deadline = time.monotonic() + 60
    while not [log for log in prefect.post("/logs/filter", json=asked).json() if "state Suspended" in log["message"]]:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def artifacts(prefect: httpx.Client, run: str) -> dict[str, str]:
    """What the run left to read, by key."""
    found = prefect.post("/artifacts/filter", json={"flow_runs": {"id": {"any_": [run]}}}).json()
    return {artifact["key"]: str(artifact["data"]) for artifact in found}


def deployments(prefect: httpx.Client) -> dict[str, dict[str, Any]]:
    return {one["entrypoint"].rpartition(".")[2]: one for one in prefect.post("/deployments/filter", json={}).json()}


def test_worker_registers_the_deployments(prefect: httpx.Client) -> None:
    found = deployments(prefect)
    assert set(found) == {"train", "retrain", "promote", "rollback"}
    assert found["retrain"]["global_concurrency_limit"]["limit"] == 1
    assert found["retrain"]["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
    assert found["retrain"]["schedules"] == []


@pytest.fixture
def busy_database(prefect: httpx.Client) -> Iterator[None]:
    """Prefect's database while others write to it without a pause."""
    over = Event()

    def write() -> None:
        while not over.is_set():
            post(prefect, "/variables/", {"name": f"v{uuid4().hex}", "value": 1})

    with ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(write) for _ in range(2)]
        yield
        over.set()
    for writer in writers:
        writer.result()


def test_decision_is_taken_while_others_write(prefect: httpx.Client, busy_database: None) -> None:
    """A page sends what a person decided once, and does not ask again after a 503."""
    flow = post(prefect, "/flows/", {"name": "decide"})["id"]
    deployment = post(prefect, "/deployments/", {"name": "nobody-works-for-it", "flow_id": flow})["id"]
    suspended = {"type": "PAUSED", "name": "Suspended", "state_details": {"pause_reschedule": True, "pause_key": "a"}}
    asked = {"flow_id": flow, "deployment_id": deployment, "state": {"type": "RUNNING"}}
    for _ in range(10):
        run = post(prefect, "/flow_runs/", asked)["id"]
        assert post(prefect, f"/flow_runs/{run}/set_state", {"state": suspended})["status"] == "ACCEPT"
        assert post(prefect, f"/flow_runs/{run}/resume", {})["status"] == "ACCEPT"
    prefect.delete(f"/deployments/{deployment}")


def test_second_retraining_is_cancelled(prefect: httpx.Client, registry: Registry) -> None:
    runs = [start(prefect, "retrain", verdict="", kind="retrain") for _ in range(2)]
    ended = [wait(prefect, run) for run in runs]
    assert sorted(run["state_name"] for run in ended) == ["Cancelled", "Failed"]
    assert "no closed cohort of version 1" in next(r["state"]["message"] for r in ended if r["state_name"] == "Failed")


def test_promotion_refused_in_the_page(
    prefect: httpx.Client, settings: PlatformSettings, platform: Platform, registry: Registry, browser: Browser
) -> None:
    run = start(prefect, "promote", version="1", verdict="")
    wait_for_a_person(prefect, run)
    assert "gate" in artifacts(prefect, run)
    page = browser.new_page()
    page.goto(f"{settings.orchestrator_url}/runs/flow-run/{run}")
    page.get_by_role("button", name="Resume").click()
    for field, text in enumerate(("A. Lender", "fraud is looked into")):
        page.locator("fieldset textarea").nth(field).fill(text)
    page.get_by_role("switch").click()
    page.get_by_role("button", name="Submit").click()
    ended = wait(prefect, run)
    page.close()
    refused, _ = registry.changes()
    assert refused.state == "refused"
    assert refused.why.startswith(f"refused by A. Lender, in Prefect run {ended['name']}: fraud is looked into.")
    assert (ended["state_name"], platform.live) == ("Completed", None)


def test_resumed_promotion_goes_live(prefect: httpx.Client, platform: Platform, registry: Registry) -> None:
    run = start(prefect, "promote", version="1", verdict="")
    wait_for_a_person(prefect, run)
    path = f"/flow_runs/{run}/resume"
    assert post(prefect, path, {"run_input": {"name": "", "reason": ""}})["status"] == "REJECT"
    agreed = {"name": "A. Lender", "reason": "the figures are good"}
    assert post(prefect, path, {"run_input": agreed})["status"] == "ACCEPT"
    ended = wait(prefect, run)
    assert (ended["state_name"], platform.live) == ("Completed", "1")
    change, *_ = registry.changes()
    assert change.by == f"A. Lender, in Prefect run {ended['name']}"
    assert change.approved == "the figures are good"
    left = artifacts(prefect, run)
    assert change.id in left["audit-record"]
    assert "(https://example.com/mlflow/#/runs/" in left["audit-record"]
    assert "change" in left


def test_what_was_done_is_noted(
    prefect: httpx.Client, settings: PlatformSettings, registry: Registry, toy_bundle: Path
) -> None:
    shutil.copytree(toy_bundle, settings.models / "1", dirs_exist_ok=True)
    httpx.put(f"{settings.monitor_url}/v1/live", json={"version": "1"}, timeout=30)
    answer = httpx.post(f"{settings.monitor_url}/v1/reviews", timeout=120)
    assert answer.status_code == 200, answer.text
    verdict = answer.json()["id"]
    run = start(prefect, "retrain", verdict=verdict, kind="recalibrate")
    wait(prefect, run)
    left, page = artifacts(prefect, run), f"https://monitor.example.com/review/verdicts/{verdict}"
    assert (f"({page})" in left["verdict"], f"({page}/report)" in left["report"]) == (True, True)
    (told,) = httpx.get(f"{settings.monitor_url}/v1/verdicts").json()["verdicts"]
    begun, failed = sorted(told["actions"], key=lambda action: action["at"])
    assert begun["what"] == "recalibrate begun"
    assert begun["run"] == f"https://example.com/prefect/runs/flow-run/{run}"
    assert failed["what"].startswith("recalibrate failed: no closed cohort of version 1")


def test_command_is_seen_as_a_run(prefect: httpx.Client, settings: PlatformSettings, tmp_path: Path) -> None:
    synthesise(1000, tmp_path / "lender", seed=4)
    done = credence(settings, "train", "--data", str(tmp_path / "lender"), "--trials", "1", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    (run,) = [run for run in prefect.post("/flow_runs/filter", json={}).json() if "trials" in run["parameters"]]
    assert run["state_name"] == "Completed"
    left = artifacts(prefect, run["id"])
    assert left.keys() == {"hold-out", "version"}
    assert "(https://example.com/mlflow/#/models/credit-default/versions/2)" in left["version"]
    logs = prefect.post("/logs/filter", json={"logs": {"level": {"ge_": 0}}}).json()
    assert "registering the version" in {log["message"] for log in logs}
    assert "registering the version\n" in done.stderr
    assert told["version"] == "2"


def test_run_elsewhere_is_followed(settings: PlatformSettings, prefect: httpx.Client, registry: Registry) -> None:
    """As commands do in a cluster: what its steps say, what it left, and why it failed."""
    done = followed(settings, "promote", version="2", by="me")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"{registry.changes()[0].id} me 2"
    assert "judging version 2 against version 1\n" in done.stderr
    assert "https://example.com/prefect/runs/flow-run/" in done.stderr
    failed = followed(settings, "promote", version="9", by="me")
    assert failed.returncode == 1
    assert failed.stderr.count("Traceback") == 1  # this test's own
    last = failed.stderr.splitlines()[-1]
    assert last.startswith("flows.errors.FlowError: the run ended as Failed: ")
    assert "RegistryError: MLflow at sqlite:" in last
    assert "9" in last


def test_interrupted_command_lets_its_run_go_on(settings: PlatformSettings, prefect: httpx.Client) -> None:
    with following(settings, "train", trials=50) as command, command.stderr as said:  # type: ignore[union-attr]
        assert any("the run is running" in line for line in said)
        command.send_signal(signal.SIGINT)
        last = said.read().splitlines()[-1]
    assert "the run goes on, it is only not followed any more: https://" in last
    run = last.rpartition("/")[2]
    assert prefect.get(f"/flow_runs/{run}").json()["state_name"] == "Running"
    post(prefect, f"/flow_runs/{run}/set_state", {"state": {"type": "CANCELLING"}})
    wait(prefect, run)


def test_pages_need_no_internet(prefect: httpx.Client, settings: PlatformSettings, browser: Browser) -> None:
    page, asked = browser.new_page(), list[str]()
    page.on("request", lambda request: asked.append(request.url.removeprefix("blob:")))
    page.goto(f"{settings.orchestrator_url}/deployments")
    for name in ("train", "retrain", "promote", "rollback"):
        expect(page.get_by_role("link", name=name, exact=True).first).to_be_visible(timeout=30_000)
    page.close()
    assert [url for url in asked if not url.startswith((settings.orchestrator_url, "data:"))] == []


def test_killed_orchestrator_keeps_its_runs_and_is_waited_for(
    prefect: httpx.Client, platform: Platform, settings: PlatformSettings
) -> None:
    """A Job of the cluster waits too; that it then asks for its run is seen by one that nobody knows."""
    before = {run["id"] for run in prefect.post("/flow_runs/filter", json={}).json()}
    pids = {one.name: one.pid for one in platform.status()}
    for name in ("orchestrator", "worker"):
        os.kill(int(pids[name] or 0), signal.SIGKILL)
    known = {**os.environ, **settings.environment, **prefect_environment(settings)}
    job = subprocess.Popen(
        [sys.executable, "-m", "flows.orchestration.job"],
        env={**known, "PREFECT__FLOW_RUN_ID": str(uuid4())},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert set(platform.up(print)) == {"orchestrator", "worker"}
        assert "404 Not Found" in job.communicate(timeout=60)[1]
    finally:
        job.kill()
    assert {run["id"] for run in prefect.post("/flow_runs/filter", json={}).json()} == before
    assert len(deployments(prefect)) == len(prefect.post("/deployments/filter", json={}).json()) == 4


def test_down_ends_a_run_and_nothing_else(prefect: httpx.Client, platform: Platform) -> None:
    run = start(prefect, "train", trials=50)
    wait(prefect, run, {"Running"})
    worker = psutil.Process(next(one.pid for one in platform.status() if one.name == "worker"))
    family = worker.children(recursive=True)
    assert family
    platform.down(print, only=["worker"])
    assert not [process for process in family if process.is_running()]
    assert wait(prefect, run)["state_name"] in ("Crashed", "Failed")  # as it was between two steps, or in one
    assert {"orchestrator", "monitor"} <= set(platform.running())


def credence(settings: PlatformSettings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from flows.cli import main; main()", *arguments],
        env={**os.environ, **settings.environment},
        cwd=settings.folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


FOLLOW = """
import json, sys
from flows.start import run_as_job
from flows.settings import from_environment
change = run_as_job(sys.argv[1], from_environment(), lambda text: print(text, file=sys.stderr), json.loads(sys.argv[2]))
print(change.id, change.by, change.after)
"""


def following(settings: PlatformSettings, name: str, **parameters: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", FOLLOW, name, json.dumps(parameters)],
        env={**os.environ, **settings.environment},
        cwd=settings.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def followed(settings: PlatformSettings, name: str, **parameters: Any) -> subprocess.CompletedProcess[str]:
    with following(settings, name, **parameters) as command:
        stdout, stderr = command.communicate(timeout=120)
    return subprocess.CompletedProcess(command.args, command.returncode, stdout, stderr)
