"""What MLflow never answers, and a server in its place may: nothing of it is written where it does not belong."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from training.bundle import MODEL, BundleError, remote
from training.bundle.remote import AwayError

Answers = dict[str, tuple[int, dict[str, str], bytes]]
BASIC = "Basic dTpwQHNz"
"""`u:p@ss` in base64."""


class Strange(ThreadingHTTPServer):
    """Answers by what the path begins with, and keeps who asked."""

    answers: Answers
    asked: list[tuple[str, str | None]]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Strange)
        self.server.asked.append((self.path, self.headers.get("Authorization")))
        key = next((key for key in self.server.answers if self.path.startswith(key)), "/")
        status, headers, body = self.server.answers[key]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[..., Strange]]:
    servers: list[Strange] = []

    def start(answers: Answers, tls: ssl.SSLContext | None = None) -> Strange:
        server = Strange(("127.0.0.1", 0), Handler)
        server.answers, server.asked = answers, []
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "u")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "p@ss")


def url(server: Strange, scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{server.server_port}"


def listing(**sizes: int) -> tuple[int, dict[str, str], bytes]:
    files = [{"path": name, "is_dir": False, "file_size": size} for name, size in sizes.items()]
    return 200, {}, json.dumps({"files": files}).encode()


LIST, FILE = "/api/2.0/mlflow-artifacts/artifacts?", "/api/2.0/mlflow-artifacts/artifacts/served"


@pytest.mark.parametrize("name", ["..", "../x", "/etc/x", "a/b", ".hidden", "a\\b", "a\nb", "", "C:x"])
def test_names_do_not_choose_the_place(serve: Callable[..., Strange], tmp_path: Path, name: str) -> None:
    server = serve({LIST: listing(**{"bundle.json": 1, name: 1}), FILE: (200, {}, b"x")})
    with pytest.raises(BundleError, match="expected the name of a file"):
        remote.fetch(url(server), MODEL, "1", tmp_path / "models")
    assert not list(tmp_path.rglob("*x*"))


def test_folders_without_end_are_no_bundle(serve: Callable[..., Strange], tmp_path: Path) -> None:
    server = serve({LIST: (200, {}, b'{"files": [{"path": "again", "is_dir": true}]}')})
    with pytest.raises(BundleError, match="folders in one another, found more"):
        remote.fetch(url(server), MODEL, "1", tmp_path)


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "100"}])
@pytest.mark.parametrize("body", [b"x" * 50, b"x" * 150])
def test_torn_file_is_away(serve: Callable[..., Strange], tmp_path: Path, headers: dict[str, str], body: bytes) -> None:
    if headers and len(body) > 100:
        return  # what is behind the announced end is not read
    server = serve({LIST: listing(**{"bundle.json": 100}), FILE: (200, headers, body)})
    with pytest.raises(AwayError, match=r"bundle\.json is torn: MLflow lists 100 bytes|broke off"):
        remote.fetch(url(server), MODEL, "1", tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


def test_endless_file_is_not_begun(serve: Callable[..., Strange], tmp_path: Path) -> None:
    server = serve({LIST: listing(**{"bundle.json": 1 << 40})})
    with pytest.raises(BundleError, match="expected at most 4294967296"):
        remote.fetch(url(server), MODEL, "1", tmp_path)


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (401, BundleError, "MLflow answers 401: log in with MLFLOW_TRACKING_USERNAME"),
        (403, BundleError, "MLFLOW_SERVER_ALLOWED_HOSTS"),
        (404, BundleError, "MLflow answers 404: what it says"),
        (500, AwayError, "MLflow answers 500: what it says"),
        (503, AwayError, "MLflow answers 503: what it says"),
    ],
)
def test_refusal_is_told(
    serve: Callable[..., Strange],
    tmp_path: Path,
    login: None,
    status: int,
    kind: type[BundleError],
    said: str,
) -> None:
    server = serve({"/": (status, {}, b"what it\nsays")})
    with pytest.raises(BundleError, match=said) as caught:
        remote.fetch(url(server), MODEL, "1", tmp_path)
    assert type(caught.value) is kind
    assert "p@ss" not in str(caught.value)


def test_page_for_a_fault_is_not_quoted(serve: Callable[..., Strange], tmp_path: Path) -> None:
    server = serve({"/": (500, {}, b"<!doctype html><title>500 Internal Server Error</title>")})
    with pytest.raises(AwayError, match="MLflow answers 500: its log says why, such as an object store that is away"):
        remote.fetch(url(server), MODEL, "1", tmp_path)


def test_password_stays_with_its_server(serve: Callable[..., Strange], tmp_path: Path, login: None) -> None:
    other = serve({"/": listing()})
    first = serve({"/": (302, {"Location": f"{url(other)}/elsewhere"}, b"")})
    with pytest.raises(BundleError, match="not published"):
        remote.fetch(url(first), MODEL, "1", tmp_path)
    assert [who for _, who in first.asked] == [BASIC]
    assert other.asked == [("/elsewhere", None)]


def test_tls_is_checked_by_the_systems_authorities(
    serve: Callable[..., Strange], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", key, "-out", certificate, "-subj", "/CN=mlflow", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    server = serve({"/": listing()}, tls)
    with pytest.raises(AwayError, match="CERTIFICATE_VERIFY_FAILED"):
        remote.fetch(url(server, scheme="https"), MODEL, "1", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(BundleError, match="not published"):
        remote.fetch(url(server, scheme="https"), MODEL, "1", tmp_path)


@pytest.mark.parametrize(
    "wrong", ["", "mlflow:5000", "ftp://u:geheim@x", "file:///etc", "http://u:ge/heim@x:1", "http://é"]
)
def test_wrong_url_is_named_and_not_told(wrong: str, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"CREDENCE_MLFLOW_URL: expected http://HOST") as caught:
        remote.fetch(wrong, MODEL, "1", tmp_path)
    assert "heim" not in str(caught.value)


def test_password_in_the_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="CREDENCE_MLFLOW_URL: expected no user and no password") as caught:
        remote.fetch("https://u:geheim@mlflow.example.com", MODEL, "1", tmp_path)
    assert "geheim" not in str(caught.value)


def test_token_is_sent(serve: Callable[..., Strange], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "abc")
    server = serve({"/": listing()})
    with pytest.raises(BundleError, match="not published"):
        remote.fetch(url(server), MODEL, "1", tmp_path)
    assert [who for _, who in server.asked] == ["Bearer abc"]
