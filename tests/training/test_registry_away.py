from __future__ import annotations

from pathlib import Path

import pytest

from tests.ports import unused_port
from training.registry import Registry, RegistryError


def test_away_registry_says_where() -> None:
    port = unused_port()
    with pytest.raises(
        RegistryError, match=rf"127.0.0.1:{port} \(setting CREDENCE_MLFLOW_URL\): start it with `credence up`"
    ):
        Registry(f"http://127.0.0.1:{port}").aliases()


def test_import_leaves_mlflow_alone() -> None:
    import subprocess
    import sys

    code = "import sys, training.registry; sys.exit('mlflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0
