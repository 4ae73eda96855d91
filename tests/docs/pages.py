"""What stands in the pages: fenced blocks, links, and the words of commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its content, and where its content begins and ends in the page."""

    language: str
    content: str
    start: int
    end: int


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [Block(match[1], match[2], match.start(2), match.end(2)) for match in _BLOCK.finditer(text)]


def links(text: str) -> list[str]:
    """Where the links and pictures of a page lead."""
    return _LINK.findall(_BLOCK.sub("", text))


def commands(text: str) -> Iterator[str]:
    """Everything that a page says can be typed: lines behind a `$` in console blocks, and code among its words."""
    for block in blocks(text):
        if block.language == "console":
            yield from (line.removeprefix("$ ") for line in block.content.splitlines() if line.startswith("$ "))
    yield from _CODE.findall(_BLOCK.sub("", text))
