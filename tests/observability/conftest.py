"""Programs of Prometheus that this machine may have."""

from __future__ import annotations

import pytest

from tests.programs import program


@pytest.fixture(scope="session")
def promtool() -> str:
    """Checks rules and runs their unit tests."""
    return program("promtool")


@pytest.fixture(scope="session")
def prometheus() -> str:
    """The server."""
    return program("prometheus")
