"""The statistics that the generator is made of, read from the committed `profile.json`."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

PROFILE_PATH = Path(__file__).with_name("profile.json")


@cache
def profile() -> dict[str, Any]:
    """The whole profile; the same object each time, so nobody may change it."""
    content: dict[str, Any] = json.loads(PROFILE_PATH.read_text(encoding="utf-8"))
    return content


def columns(table: str) -> dict[str, str]:
    """Column names of a table in the order of the real file, with their types: `int64`, `float64` or `string`."""
    return {name: column["dtype"] for name, column in profile()["tables"][table].items()}
