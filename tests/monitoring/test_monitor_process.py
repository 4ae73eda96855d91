import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from serving.records import CONTENT_TYPE
from tests.ports import has_ipv6, unused_port


def start(home: Path, port: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "CREDENCE_HOME": str(home), "CREDENCE_MONITOR_PORT": str(port)}
    command = [sys.executable, "-m", "monitoring"]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def port() -> int:
    return unused_port()


def wait(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            urlopen(url + "/health/ready", timeout=5)
        except (URLError, ConnectionError):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


def test_process_serves_and_stops(tmp_path, port, make_record, body):
    process = start(tmp_path, port)
    url = f"http://127.0.0.1:{port}"
    wait(url)
    content = body(make_record(request="secret-request", client=424242))
    urlopen(Request(url + "/v1/records", content, {"Content-Type": CONTENT_TYPE}), timeout=10)
    urlopen(Request(url + "/v1/clients/424242/records", method="DELETE"), timeout=10)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert [json.loads(line)["level"] for line in err.splitlines()] == ["info"]
    assert out == ""
    assert "secret-request" not in err
    assert "424242" not in err
    assert (tmp_path / "records.sqlite").stat().st_mode & 0o077 == 0


def test_taken_port_is_an_error(tmp_path, port):
    with socket.socket() as taken:
        # As granian does it: without a check, two servers would share the port.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with start(tmp_path, port) as process:
            stopping = threading.Timer(60, process.kill)
            stopping.start()
            _, err = process.communicate()
            stopping.cancel()
    assert process.returncode == 1
    (line,) = err.splitlines()
    message = json.loads(line)["message"]
    assert f"cannot listen on 127.0.0.1 port {port}" in message
    assert "CREDENCE_MONITOR_PORT" in message


def test_incomplete_head_does_not_hold_the_end_up(tmp_path, port, monkeypatch):
    monkeypatch.setenv("CREDENCE_IDLE_SECONDS", "100000")
    process = start(tmp_path, port)
    wait(f"http://127.0.0.1:{port}")
    with socket.create_connection(("127.0.0.1", port)) as slow, socket.create_connection(("127.0.0.1", port)) as idle:
        slow.sendall(b"GET /health/live HTTP/1.1\r\nHost:")
        process.send_signal(signal.SIGTERM)
        idle.settimeout(30)
        assert idle.recv(1) == b""
        process.communicate(timeout=60)
    assert process.returncode == 0


def test_idle_connection_is_closed_in_the_end(tmp_path, port, monkeypatch):
    monkeypatch.setenv("CREDENCE_IDLE_SECONDS", "1")
    process = start(tmp_path, port)
    wait(f"http://127.0.0.1:{port}")
    with socket.create_connection(("127.0.0.1", port), timeout=30) as idle:
        assert idle.recv(1) == b""
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 0


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_both_families_are_answered(tmp_path, port, monkeypatch):
    monkeypatch.setenv("CREDENCE_MONITOR_HOST", "::")
    process = start(tmp_path, port)
    wait(f"http://127.0.0.1:{port}")
    wait(f"http://[::1]:{port}")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 0
