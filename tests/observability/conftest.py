"""Programs of Prometheus that this machine may have."""

from __future__ import annotations

import shutil

import pytest


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"no {name} on this machine: it comes with Debian's package prometheus")
    return path


@pytest.fixture(scope="session")
def promtool() -> str:
    """Checks rules and runs their unit tests."""
    return _program("promtool")


@pytest.fixture(scope="session")
def prometheus() -> str:
    """The server."""
    return _program("prometheus")
