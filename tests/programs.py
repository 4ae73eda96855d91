"""Programs that this machine may have."""

from __future__ import annotations

import shutil

import pytest


def program(name: str, source: str = "") -> str:
    """The path of a program; without it the test skips, and says where it comes from."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} on the PATH{source and f': {source}'}")
    return found
