from __future__ import annotations

import socket
from pathlib import Path

import pytest

from training.registry import Registry, RegistryError


def test_away_registry_says_where(unused_port: int) -> None:
    with pytest.raises(RegistryError, match=rf"127.0.0.1:{unused_port} \(setting CREDENCE_MLFLOW_URL\)"):
        Registry(f"http://127.0.0.1:{unused_port}").aliases()


def test_import_leaves_mlflow_alone() -> None:
    import subprocess
    import sys

    code = "import sys, training.registry; sys.exit('mlflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
