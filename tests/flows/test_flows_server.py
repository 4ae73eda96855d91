"""The flows under a real Prefect server with its worker, which are the module's; each test has versions of its own."""

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
from functools import partial
from pathlib import Path
from threading import Event
from uuid import uuid4

import httpx
import psutil
import pytest
from playwright.sync_api import Browser, expect

from flows.clients.prefect import prefect_environment
from flows.machine.platform import Platform
from flows.settings import PlatformSettings
from tests.flows.homes import STRANGE
from tests.flows.runs import (
    artifacts,
    credence,
    deployments,
    following,
    post,
    start,
    wait,
    wait_for_a_person,
)
from tests.ports import unused_port
from training.registry import Figures, Registry
from training.registry.trail import Change
from training.synthetic import synthesise

PORTS = ("monitor_port", "http_port", "admin_port", "explainer_port", "prefect_port")


@pytest.fixture(scope="module")
def settings(mlflow_url: str, tmp_path_factory: pytest.TempPathFactory) -> PlatformSettings:
    """A state folder of the module's own; the registry is a database, and there is no explainer."""
    folder, ports = tmp_path_factory.mktemp("orchestrated"), {name: unused_port() for name in PORTS}
    return PlatformSettings(
        home=str(folder / STRANGE),
        mlflow_url=mlflow_url,
        mlflow_external_url="https://example.com/mlflow/",
        prefect_external_url="https://example.com/prefect/",
        monitor_external_url="https://monitor.example.com",
        explainer_python=str(folder / "no explainer"),
        watch_seconds=0.1,
        **ports,
    )


@pytest.fixture(scope="module")
def processes(settings: PlatformSettings) -> Iterator[Platform]:
    """A platform, which is down at the end."""
    platform = Platform(settings, {"CREDENCE_DRAIN_SECONDS": "0.1"})
    try:
        yield platform
    finally:
        platform.down(print)


@pytest.fixture
def platform(processes: Platform) -> Platform:
    """A platform that is up, whatever the test before did."""
    processes.up(print)
    return processes


@pytest.fixture
def prefect(settings: PlatformSettings, platform: Platform) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{settings.orchestrator_url}/api", timeout=60) as client:
        yield client


@pytest.fixture
def registry(settings: PlatformSettings, platform: Platform) -> Registry:
    return Registry(settings.registry_url)


@pytest.fixture
def champion(registry: Registry, toy_bundle: Path) -> str:
    """A version that is champion by the audit trail, and does not serve."""
    version, now = registry.register(toy_bundle, Figures({}, {}, [], "")).number, time.time_ns() // 1000
    before = registry.aliases().get("champion")
    registry.alias("champion", version)
    registry.begin(
        Change(kind="promote", by="a test", at=now, before=before, after=version, why="the first", state="done")
    )
    return version


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


def test_worker_registers_the_deployments(prefect: httpx.Client) -> None:
    found = {one["entrypoint"].rpartition(".")[2]: one for one in deployments(prefect)}
    assert set(found) == {"train", "retrain", "promote", "rollback"}
    assert found["retrain"]["global_concurrency_limit"]["limit"] == 1
    assert found["retrain"]["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
    assert found["retrain"]["schedules"] == []


def test_database_is_in_the_state_folder(settings: PlatformSettings, platform: Platform) -> None:
    assert (settings.folder / "prefect" / "prefect.db").exists()
    assert sorted(path.name for path in settings.folder.parent.iterdir()) == [STRANGE]


def test_one_of_two_decisions_is_taken_while_others_write(prefect: httpx.Client, busy_database: None) -> None:
    """A page sends what a person decided once, and does not ask again after a 503."""
    flow = post(prefect, "/flows/", {"name": "decide"})["id"]
    deployment = post(prefect, "/deployments/", {"name": "without-a-worker", "flow_id": flow})["id"]
    keys = {"schema": "a-schema", "response": "a-response"}
    details = {"pause_reschedule": True, "pause_key": "a", "run_input_keyset": keys}
    suspended = {"type": "PAUSED", "name": "Suspended", "state_details": details}
    running = {"flow_id": flow, "deployment_id": deployment, "state": {"type": "RUNNING"}}
    with ThreadPoolExecutor(2) as people:
        for _ in range(10):
            run = post(prefect, "/flow_runs/", running)["id"]
            assert post(prefect, f"/flow_runs/{run}/set_state", {"state": suspended})["status"] == "ACCEPT"
            form = {"key": keys["schema"], "value": "{}"}
            assert prefect.post(f"/flow_runs/{run}/input", json=form).is_success
            decide = partial(post, prefect, f"/flow_runs/{run}/resume")
            answers = list(people.map(decide, ({"run_input": {"name": name}} for name in ("A. Lender", "B. Lender"))))
            late, taken = sorted(answers, key=lambda answer: str(answer["status"]))
            assert (taken["status"], late["status"]) == ("ACCEPT", "ABORT")
            assert late["details"]["reason"] == "Cannot resume a flow run that is not paused."
            name = prefect.get(f"/flow_runs/{run}/input/{keys['response']}").json()["name"]
            assert answers["AB".index(name[0])] is taken
    assert prefect.delete(f"/deployments/{deployment}").is_success


def test_second_retraining_is_cancelled_and_the_first_noted(
    prefect: httpx.Client, settings: PlatformSettings, champion: str, toy_bundle: Path
) -> None:
    shutil.copytree(toy_bundle, settings.models / champion, dirs_exist_ok=True)
    httpx.put(f"{settings.monitor_url}/v1/live", json={"version": champion}, timeout=60)
    answer = httpx.post(f"{settings.monitor_url}/v1/reviews", timeout=120)
    assert answer.status_code == 200, answer.text
    verdict = answer.json()["id"]
    runs = [start(prefect, "retrain", verdict=verdict, kind="recalibrate") for _ in range(2)]
    ended = {run["state_name"]: run for run in (wait(prefect, run) for run in runs)}
    assert set(ended) == {"Cancelled", "Failed"}
    assert f"no closed cohort of version {champion}" in ended["Failed"]["state"]["message"]
    run = ended["Failed"]["id"]
    left, page = artifacts(prefect, run), f"https://monitor.example.com/review/verdicts/{verdict}"
    assert (f"({page})" in left["verdict"], f"({page}/report)" in left["report"]) == (True, True)
    verdicts = httpx.get(f"{settings.monitor_url}/v1/verdicts", timeout=60).json()["verdicts"]
    (told,) = (each for each in verdicts if each["id"] == verdict)
    begun, failed = sorted(told["actions"], key=lambda action: action["at"])
    assert begun["what"] == "recalibrate begun"
    assert begun["run"] == f"https://example.com/prefect/runs/flow-run/{run}"
    assert failed["what"].startswith(f"recalibrate failed: no closed cohort of version {champion}")


def test_promotion_waits_over_a_restart_and_is_refused_in_the_page(
    prefect: httpx.Client, platform: Platform, registry: Registry, champion: str, browser: Browser
) -> None:
    before, run = platform.live, start(prefect, "promote", version=champion, verdict="")
    wait_for_a_person(prefect, run)
    assert "gate" in artifacts(prefect, run)
    _kill_and_restart(platform)
    waiting = prefect.get(f"/flow_runs/{run}").json()["state"]
    assert waiting["name"] == "Suspended"
    assert waiting["state_details"]["pause_timeout"] is None  # it waits for days, if need be
    assert sorted(one["name"] for one in deployments(prefect)) == ["credence"] * 4
    page = browser.new_page()
    page.goto(f"{platform.settings.orchestrator_url}/runs/flow-run/{run}")
    page.get_by_role("button", name="Resume").click()
    for field, text in enumerate(("A. Lender", "fraud is looked into")):
        page.locator("fieldset textarea").nth(field).fill(text)
    page.get_by_role("switch").click()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Flow run resumed").first).to_be_visible(timeout=60_000)
    page.close()
    ended = wait(prefect, run)
    refused, *_ = registry.changes()
    assert (refused.after, refused.state) == (champion, "refused")
    assert refused.why.startswith(f"refused by A. Lender, in Prefect run {ended['name']}: fraud is looked into.")
    assert (ended["state_name"], platform.live) == ("Completed", before)


def _kill_and_restart(platform: Platform) -> None:
    """A Job of the cluster waits for the server too; that it then asks for its run is seen by one that nobody knows."""
    pids = {one.name: one.pid for one in platform.status()}
    for name in ("orchestrator", "worker"):
        os.kill(int(pids[name] or 0), signal.SIGKILL)
    known = {**os.environ, **platform.settings.environment, **prefect_environment(platform.settings)}
    job = subprocess.Popen(
        [sys.executable, "-m", "flows.orchestration.job"],
        env={**known, "PREFECT__FLOW_RUN_ID": str(uuid4())},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert set(platform.up(print)) == {"orchestrator", "worker"}
        assert "404 Not Found" in job.communicate(timeout=120)[1]
    finally:
        job.kill()


def test_resumed_promotion_goes_live(
    prefect: httpx.Client, platform: Platform, registry: Registry, champion: str
) -> None:
    run = start(prefect, "promote", version=champion, verdict="")
    wait_for_a_person(prefect, run)
    path = f"/flow_runs/{run}/resume"
    assert post(prefect, path, {"run_input": {"name": "", "reason": ""}})["status"] == "REJECT"
    agreed = {"name": "A. Lender", "reason": "the figures are good"}
    assert post(prefect, path, {"run_input": agreed})["status"] == "ACCEPT"
    ended = wait(prefect, run)
    assert (ended["state_name"], platform.live) == ("Completed", champion)
    change, *_ = registry.changes()
    assert change.by == f"A. Lender, in Prefect run {ended['name']}"
    assert change.approved == "the figures are good"
    left = artifacts(prefect, run)
    assert change.id in left["audit-record"]
    assert "(https://example.com/mlflow/#/runs/" in left["audit-record"]
    assert "change" in left


def test_command_is_seen_as_a_run(
    prefect: httpx.Client, settings: PlatformSettings, registry: Registry, tmp_path: Path
) -> None:
    lender = str(tmp_path / "lender")
    synthesise(1000, tmp_path / "lender", seed=4)
    done = credence(settings, "train", "--data", lender, "--trials", "1", "--json")
    assert done.returncode == 0, done.stderr
    runs = prefect.post("/flow_runs/filter", json={}).json()
    (run,) = (each for each in runs if each["parameters"].get("data") == lender)
    assert run["state_name"] == "Completed"
    left, version = artifacts(prefect, run["id"]), registry.versions()[0].number
    assert left.keys() == {"hold-out", "version"}
    assert f"(https://example.com/mlflow/#/models/credit-default/versions/{version})" in left["version"]
    of_the_run = {"logs": {"flow_run_id": {"any_": [run["id"]]}}}
    logs = prefect.post("/logs/filter", json=of_the_run).json()
    assert "registering the version" in {log["message"] for log in logs}
    assert "registering the version\n" in done.stderr
    assert json.loads(done.stdout)["version"] == version


def test_run_elsewhere_is_followed(settings: PlatformSettings, registry: Registry, champion: str) -> None:
    """As commands do in a cluster: what its steps say, what it left, and why it failed."""
    missing = str(int(champion) + 1)
    runs = [("promote", {"version": version, "by": "me"}) for version in (champion, missing)]
    with following(settings, *runs) as command:
        said, log = command.communicate(timeout=300)
    done, failed = said.splitlines()
    assert done == f"{registry.changes()[0].id} me {champion}"
    assert f"version {champion} is live and champion\n" in log
    assert "https://example.com/prefect/runs/flow-run/" in log
    assert failed.startswith("failed: the run ended as Failed: ")
    assert "RegistryError: MLflow at sqlite:" in failed
    assert f"version={missing}" in failed
    assert "Traceback" not in log


def test_pages_need_no_internet(prefect: httpx.Client, settings: PlatformSettings, browser: Browser) -> None:
    page, asked = browser.new_page(), list[str]()
    page.on("request", lambda request: asked.append(request.url.removeprefix("blob:")))
    page.goto(f"{settings.orchestrator_url}/deployments")
    for name in ("train", "retrain", "promote", "rollback"):
        expect(page.get_by_role("link", name=name, exact=True).first).to_be_visible(timeout=30_000)
    page.close()
    assert [url for url in asked if not url.startswith((settings.orchestrator_url, "data:"))] == []


def test_interrupted_command_lets_its_run_go_on_until_down(
    settings: PlatformSettings, prefect: httpx.Client, platform: Platform
) -> None:
    with following(settings, ("train", {"trials": 50})) as command:
        assert command.stderr is not None
        assert any("the run is running" in line for line in command.stderr)
        command.send_signal(signal.SIGINT)
        said, _ = command.communicate(timeout=60)
    assert said.startswith("failed: the run goes on, it is only not followed any more: https://")
    run = said.strip().rpartition("/")[2]
    assert prefect.get(f"/flow_runs/{run}").json()["state_name"] == "Running"
    worker = psutil.Process(next(one.pid for one in platform.status() if one.name == "worker"))
    family = worker.children(recursive=True)
    assert family
    platform.down(print, only=["worker"])
    assert not [process for process in family if process.is_running()]
    assert wait(prefect, run)["state_name"] in ("Crashed", "Failed")  # as it was between two steps, or in one
    assert {"orchestrator", "monitor"} <= set(platform.running())
