from __future__ import annotations

import os
import signal
import subprocess
import sys

import httpx
import msgspec
import psutil
import pytest

from flows.errors import FlowError, NotStarted
from flows.machine.platform import Platform
from flows.machine.process import ServiceProcess, Started, start, stop, wait


def states(platform: Platform) -> dict[str, str]:
    return {one.name: one.state for one in platform.status() if one.name != "explainer"}


def pids(platform: Platform) -> dict[str, int | None]:
    return {one.name: one.pid for one in platform.status() if one.name != "explainer"}


def test_up_is_ready_and_down_leaves_nothing(serving: Platform) -> None:
    assert states(serving) == {"monitor": "ready", "predictor": "ready"}
    held = [psutil.Process(pid) for pid in pids(serving).values()]
    family = [each for process in held for each in (process, *process.children(recursive=True))]
    assert serving.down(print) == ["predictor", "monitor"]
    assert not [each for each in family if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]
    assert states(serving) == {"monitor": "down", "predictor": "down"}


def test_second_up_starts_nothing(platform: Platform) -> None:
    assert platform.up(print) == ["monitor"]
    before = pids(platform)
    assert platform.up(print) == []
    assert pids(platform) == before


def test_dead_process_is_started_again(serving: Platform) -> None:
    before = pids(serving)
    os.kill(before["monitor"], signal.SIGKILL)
    assert serving.up(print) == ["monitor"]
    assert pids(serving)["predictor"] == before["predictor"]
    assert states(serving) == {"monitor": "ready", "predictor": "ready"}


def test_records_reach_the_monitor(serving: Platform) -> None:
    fields = [{"name": "AMT_INCOME_TOTAL", "shape": [1], "datatype": "FP64", "data": [50_000.0]}]
    url = f"{serving.settings.predictor_url}/v2/models/credit-default/infer"
    assert httpx.post(url, json={"inputs": fields}).status_code == 200
    serving.down(print, only=["predictor"])
    assert httpx.get(f"{serving.settings.monitor_url}/v1/status").json()["received"] == 1


def test_foreign_process_is_left_alone(platform: Platform) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as foreign:
        platform.settings.folder.mkdir(parents=True)
        book = {"monitor": Started(foreign.pid, psutil.Process(foreign.pid).create_time() - 60, {})}
        (platform.settings.folder / "processes.json").write_bytes(msgspec.json.encode(book))
        assert states(platform)["monitor"] == "down"
        assert platform.down(print) == []
        assert foreign.poll() is None
        foreign.kill()


def test_moved_port_needs_down_first(platform: Platform) -> None:
    platform.up(print)
    moved = Platform(msgspec.structs.replace(platform.settings, monitor_port=1))
    with pytest.raises(FlowError, match="CREDENCE_MONITOR_PORT says 1: run `credence down`"):
        moved.up(print)


def test_early_end_shows_the_log(platform: Platform, tmp_path) -> None:
    service = _service("import sys; sys.exit('no such table')")
    log = tmp_path / "log"
    started = start(service, tmp_path, log)
    with pytest.raises(NotStarted, match=r"the toy ended while it started(.|\n)*no such table"):
        wait(service, started, log, service.ready)


def test_deaf_process_is_killed(tmp_path) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    started = start(_service(deaf), tmp_path, tmp_path / "log")
    while "deaf" not in (tmp_path / "log").read_text():
        pass
    assert not stop(started, seconds=0.2)
    assert not psutil.pid_exists(started.pid) or psutil.Process(started.pid).status() == psutil.STATUS_ZOMBIE


def _service(code: str) -> ServiceProcess:
    return ServiceProcess(
        "toy", [sys.executable, "-c", code], {}, {"CREDENCE_TOY_PORT": 9}, "http://127.0.0.1:9", "/", "/", 30, 1
    )
