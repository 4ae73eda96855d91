"""The statistics behind the generator, read from the committed `profile.json`."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

PROFILE_PATH = Path(__file__).with_name("profile.json")


@cache
def profile() -> dict[str, Any]:
    """The whole profile; each call returns the same object, so callers must not change it."""
    content: dict[str, Any] = json.loads(PROFILE_PATH.read_text(encoding="utf-8"))
    return content


def columns(table: str) -> dict[str, str]:
    """Column names of a table in the order of the real file, with their types: `int64`, `float64` or `string`."""
    return {name: column["dtype"] for name, column in profile()["tables"][table].items()}


def text(profile: dict[str, Any]) -> str:
    """The profile as JSON with one line per entry of the second level, so that changes are readable in a diff."""
    lines = []
    for key, value in profile.items():
        if isinstance(value, dict):
            inner = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in value.items())
            lines.append(f" {json.dumps(key)}: {{\n{inner}\n }}")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"
