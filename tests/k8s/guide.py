"""What the operators' pages say can be typed, and what the chart renders."""

from __future__ import annotations

import functools
import re
import shlex
from pathlib import Path
from typing import Any

from tests.charts.chart import KSERVE, render, served, values
from tests.docs.pages import blocks

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "operators-guide.md"
ALERTS = ROOT / "docs" / "alerts.md"
GITOPS = ROOT / "docs" / "gitops.md"
PAGES = (GUIDE, ALERTS, ROOT / "k8s" / "README.md")


def typed(page: Path, program: str) -> list[list[str]]:
    """The calls of a program on a page, in console blocks and among its words, each split into words."""
    text = page.read_text()
    lines = [line for block in blocks(text) if block.language == "console" for line in joined(block.content)]
    lines += re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    return [shlex.split(line) for line in lines if re.match(rf"{program} .*[a-z]", line)]


def joined(content: str) -> list[str]:
    """The commands of a console block, each in one line."""
    whole = re.sub(r"\\\n\s+", "", content)
    return [line.removeprefix("$ ") for line in whole.splitlines() if line.startswith("$ ")]


def is_value(path: str) -> bool:
    """Whether the chart knows a value by this path."""
    found: Any = values()
    for name in path.split("."):
        if not isinstance(found, dict) or name not in found:
            return False
        found = found[name]
    return True


@functools.cache
def rendered(mode: str) -> tuple[dict[str, Any], ...]:
    """What a release called `credence`, in a namespace of that name, consists of, with version 4 live."""
    objects = render("--set", f"serving.mode={mode}", *KSERVE, namespace="credence")
    return (*objects, *served(objects, "4"))


def names(mode: str) -> set[tuple[str, str]]:
    """Kind, in small letters, and name of each object of a release, with those that KServe makes."""
    found = {(item["kind"].lower(), item["metadata"]["name"]) for item in rendered(mode)}
    made = {
        (kind, f"{name}-{component}")
        for kind in ("deployment", "service")
        for _, name in (one for one in found if one[0] == "inferenceservice")
        for component in ("predictor", "explainer")
    }
    return found | made
