"""Programs that this machine may have."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

_OURS = str(Path(sys.executable).parent)
"""Where `make programs` puts those that Go builds."""


def program(name: str) -> str:
    """The path of a program; without it the test skips."""
    found = shutil.which(name, path=_OURS) or shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} on the PATH: `make programs` installs most of what tests need")
    return found
