"""An S3 server on a folder: a bucket is a folder in it, an object a file."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.ports import unused_port
from tests.programs import program

BUCKET = "artifacts"


@contextlib.contextmanager
def object_store(folder: Path) -> Iterator[Mapping[str, str]]:
    """The settings by which MLflow finds it, once it listens."""
    (folder / BUCKET).mkdir(parents=True)
    port, user, password = unused_port(), "lender", secrets.token_hex()
    command = [program("versitygw"), "--port", f"127.0.0.1:{port}", "posix", str(folder)]
    environment = os.environ | {"ROOT_ACCESS_KEY": user, "ROOT_SECRET_KEY": password}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            _wait(port, server)
            yield {
                "MLFLOW_S3_ENDPOINT_URL": f"http://127.0.0.1:{port}",
                "AWS_ACCESS_KEY_ID": user,
                "AWS_SECRET_ACCESS_KEY": password,
            }
        finally:
            server.terminate()


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        assert server.poll() is None, "the S3 server ended"
        time.sleep(0.1)
    raise AssertionError("the S3 server does not listen")
