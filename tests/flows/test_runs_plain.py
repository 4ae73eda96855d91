"""Commands where no Prefect server is up: the same functions, and nobody pays for Prefect."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.cli import credence
from flows.settings import PlatformSettings


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rollback"], "there is no previous champion"),
        (["retrain"], "there is no champion to learn anew from"),
        (["train", "--data", "nowhere"], "nowhere"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_command_needs_no_orchestrator(
    settings: PlatformSettings, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    """In this process, because each new one would import MLflow again."""
    for name, value in settings.environment.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(credence, arguments)
    assert done.exit_code == 1
    assert message in done.stderr


def test_prefect_is_not_imported(settings: PlatformSettings, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom flows.start import run\nfrom flows.settings import from_environment\n"
        "try:\n    run('promote', from_environment(), print, by='me')\n"
        "finally:\n    print('prefect' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=settings.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1] == "False"
    assert "there is no version to promote yet" in done.stderr
