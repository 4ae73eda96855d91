"""ONNX Runtime sends events to its maker some seconds after its import, unless this is switched off before."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.proxies import Proxy, running_proxy

_ROOT = Path(__file__).parents[3]


@contextmanager
def importing(module: str) -> Iterator[Proxy]:
    """A process that has imported a module and lives on, and the proxy in front of it."""
    with running_proxy() as proxy:
        # No other variable, because it sends nothing where one says that this is a CI.
        known = {"PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT), "HTTPS_PROXY": proxy.url}
        program = f"import {module}, time; print('imported', flush=True); time.sleep(300)"
        with subprocess.Popen([sys.executable, "-c", program], env=known, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == "imported\n"
                yield proxy
            finally:
                process.kill()


def test_nothing_is_sent_to_others() -> None:
    """Ours is there first, so it would have sent something when the second one does."""
    with importing("training.bundle") as ours, importing("onnxruntime") as theirs:
        if not theirs.first.wait(timeout=60):
            pytest.skip("this ONNX Runtime sends nothing")
        assert ours.asked == []
