"""The predictor as a process: its start, its end, its port."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

INFER = "/v2/models/credit-default/infer"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "serving.predictor", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("setting", ["http-port", "admin-port"])
def test_taken_port_is_an_error(models: Path, tmp_path: Path, setting: str) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        free = "--admin-port=0" if setting == "http-port" else f"--http-port={port + 1 if port < 65000 else port - 1}"
        ended = run(f"--models={models}", f"--log-directory={tmp_path}", f"--{setting}={port}", free)
    assert ended.returncode == 1
    assert f"port {port} of 127.0.0.1 is taken" in ended.stderr
    assert f"--{setting} or CREDENCE_{setting.upper().replace('-', '_')}" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        ((), 1, "models: expected a folder of versions"),
        (("--models", "nowhere", "--http-port", "0", "--admin-port", "0"), 1, "nowhere holds no version"),
        (("--modells", "x"), 2, "unrecognized arguments"),
    ],
)
def test_wrong_start_says_why(tmp_path: Path, arguments: tuple[str, ...], code: int, complaint: str) -> None:
    ended = run(*arguments, "--log-directory", str(tmp_path))
    assert ended.returncode == code
    assert complaint in ended.stderr
    assert "Traceback" not in ended.stderr


def test_log_that_cannot_be_written_is_an_error(models: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = run(f"--models={models}", "--http-port=0", "--admin-port=0", f"--log-directory={tmp_path / 'file' / 'log'}")
    assert ended.returncode == 1
    assert ended.stderr.startswith("log_directory: expected a folder that can be written, got [Errno 20]")


def test_half_a_head_does_not_delay_the_end(start: Any) -> None:
    process = start(body_seconds=1)
    process.wait_ready()
    with socket.create_connection(("127.0.0.1", process.port)) as connection:
        connection.sendall(b"GET /v2 HTTP/1.1\r\nHo")
        process.send_signal(signal.SIGTERM)
        # left to itself, the server waits for the rest of the head for 30 s
        assert process.wait(20) == 0


def test_terminated_process_fails_no_request(start: Any, application: dict[str, Any], tensors: Any) -> None:
    process = start(drain_seconds=1)
    process.wait_ready()
    statuses: list[int] = []
    closing = threading.Event()
    content = {"inputs": tensors(application)}

    def ask() -> None:
        with httpx.Client(base_url=process.url) as client:
            while not closing.is_set():
                answer = client.post(INFER, json=content)
                statuses.append(answer.status_code)
                if answer.headers.get("connection") == "close":
                    return

    callers = [threading.Thread(target=ask) for _ in range(4)]
    for caller in callers:
        caller.start()
    while len(statuses) < 50:
        closing.wait(0.01)
    process.send_signal(signal.SIGTERM)
    for caller in callers:
        caller.join(20)
    assert process.wait() == 0
    assert set(statuses) == {200}
    assert f"stopped, {len(statuses)} applications answered" in process.stderr.read_text()


def test_log_lines_are_json(start: Any) -> None:
    process = start(access_log=True)
    process.wait_ready()
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 0
    lines = [json.loads(line) for line in process.stderr.read_text().splitlines()]
    assert {"time", "level", "logger", "message"} <= lines[0].keys()
    assert any(line["message"] == "answered" and line["version"] == "2" for line in lines)
